/** `"when"` of berth.json: as Docker's default runtime berth is called for every container, those of `docker build` too. */
import { applyEdits, modify } from "jsonc-parser";
import { ok, type Result } from "neverthrow";
import { defaultConfigFile, parseConfig } from "../config/load.ts";
import type { Changes, Wish } from "./change.ts";
import { readText } from "./files.ts";

export type When = "asked" | "empty-netns";

const firstText = (when: When): string =>
  `${JSON.stringify({ when, networks: { default: { bridge: "br0" } } }, null, 2)}\n`;

export const configureWhen = (wish: Wish, when: When, configFile: string | null): Result<Changes, string> => {
  const file = `${wish.root}${configFile ?? defaultConfigFile}`;
  const note =
    when === "asked"
      ? `${file}: "when" is "asked": only containers with an annotation or label io.berth.* or a variable BERTH_* get a network of berth's`
      : `${file}: "when" is "empty-netns": every container without a network gets one of berth's`;
  return readText(file).andThen((before) => {
    if (before === null) return ok({ changes: [{ file, before, after: firstText(when) }], notes: [note], next: null });
    return parseConfig(before, file)
      .mapErr(({ message }) => message)
      .map(({ when: present }) => {
        const edits = modify(before, ["when"], when, { formattingOptions: { insertSpaces: true, tabSize: 2 } });
        const after = present === when ? before : applyEdits(before, edits);
        return { changes: [{ file, before, after }], notes: [note], next: null };
      });
  });
};
