/** `berth ls`. */
import type { Call } from "../cli/operator/command.ts";
import { print, printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { screenOf } from "../screen/screen.ts";
import { linesOf, look } from "./look.ts";
import { watchEntries } from "./watch.ts";

export const list = async (call: Call): Promise<number> => {
  const screen = screenOf(process.stdout);
  if (call.has("watch")) {
    if (screen !== null || call.has("json")) return watchEntries(() => look(call), call.has("json") ? null : screen);
    say("ls: --watch needs a terminal, or --json, which prints a line at every change");
    return 2;
  }
  const seen = look(call);
  if (seen.isErr()) {
    say(`ls: ${seen.error}`);
    return 1;
  }
  const { entries, broken } = seen.value;
  for (const { path, why } of broken) say(`ls: the record ${path} cannot be used: ${why}`);
  if (call.has("json")) printJson(entries);
  else if (entries.length === 0 && screen !== null) say("ls: no container is attached");
  else print(`${linesOf(entries, screen).join("\n")}\n`);
  return 0;
};
