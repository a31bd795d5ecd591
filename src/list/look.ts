/** What `berth ls` sees at one moment, and the lines of its table. */
import type { Result } from "neverthrow";
import type { Call } from "../cli/operator/command.ts";
import { type BrokenRecord, listAttachments } from "../containers/attachment.ts";
import { type Entry, entriesOf } from "../containers/entry.ts";
import { bootMs } from "../host/bootTime.ts";
import { type Screen, tabbedLines, tableLines } from "../screen/table.ts";
import { cellsOf, titles } from "./cells.ts";

export type Look = { readonly entries: readonly Entry[]; readonly broken: readonly BrokenRecord[] };

/** What there is now, of one network if one was named. A record that cannot be used may be of any. */
export const look = (call: Call): Result<Look, string> =>
  listAttachments(call.settings.dirs).map((attachments) => {
    const network = call.value("network");
    const entries = entriesOf(attachments, bootMs());
    const isWanted = (one: Entry): boolean => network === undefined || one.network === network || one.network === null;
    return { entries: entries.filter(isWanted), broken: attachments.broken };
  });

export const linesOf = (entries: readonly Entry[], screen: Screen | null): readonly string[] => {
  const rows = entries.map(cellsOf);
  return screen === null ? tabbedLines(titles, rows) : tableLines(titles, rows, screen);
};
