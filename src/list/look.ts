/** What `berth ls` sees at one moment, and the lines of its table. */
import type { Call } from "../cli/operator/command.ts";
import { type BrokenRecord, listAttachments } from "../containers/attachment.ts";
import { type Entry, entriesOf } from "../containers/entry.ts";
import { bootMs } from "../host/bootTime.ts";
import { type Screen, tabbedLines, tableLines } from "../screen/table.ts";
import { cellsOf, titles } from "./cells.ts";

export type Look = { readonly entries: readonly Entry[]; readonly broken: readonly BrokenRecord[] };

/** What there is now, of one network if one was named. A record that cannot be used may be of any. */
export const look = (call: Call): Look => {
  const network = call.value("network");
  const attachments = listAttachments(call.settings.dirs);
  const entries = entriesOf(attachments, bootMs());
  return {
    entries: network === undefined ? entries : entries.filter((one) => one.network === network || one.network === null),
    broken: attachments.broken,
  };
};

export const linesOf = (entries: readonly Entry[], screen: Screen | null): readonly string[] => {
  const rows = entries.map(cellsOf);
  return screen === null ? tabbedLines(titles, rows) : tableLines(titles, rows, screen);
};
