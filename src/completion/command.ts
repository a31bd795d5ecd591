/** `berth completion SHELL`, and `berth complete -- WORD...`, by which the shells' scripts ask. */
import { parseCommand } from "../cli/arguments.ts";
import type { Call, OperatorCommand } from "../cli/operator/command.ts";
import { print, printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { printable } from "../screen/text.ts";
import { complete } from "./candidates.ts";
import { completionScripts } from "./scripts.ts";
import { containerCandidates, networkCandidates } from "./sources.ts";

export const printScript = (call: Call): number => {
  const [shell = ""] = call.words;
  const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined;
  if (script === undefined) {
    say(`completion: there is none for ${JSON.stringify(shell)}: for ${Object.keys(completionScripts).join(", ")}`);
    return 2;
  }
  if (call.has("json")) printJson({ shell, script });
  else print(script);
  return 0;
};

/** The directories and configuration that the command line itself names, where they are whole. */
const settingsIn = (words: readonly string[], call: Call): Call["settings"] => {
  const options = ["--config", "--run-dir", "--state-dir"];
  const own = words.flatMap((word, at) => {
    const [name = ""] = word.split("=");
    if (!options.includes(name)) return [];
    return word.includes("=") ? [word] : [word, words[at + 1] ?? ""];
  });
  return parseCommand(own, 0)
    .map(({ settings }) => settings)
    .unwrapOr(call.settings);
};

/** `commands` are handed in: the commands' own table holds this one. */
export const printCandidates = (call: Call, commands: readonly OperatorCommand[]): number => {
  const words = call.words.length === 0 ? [""] : call.words;
  const { dirs, configFile } = settingsIn(words.slice(0, -1), call);
  const completion = complete(words, {
    commands,
    containers: (prefix) => containerCandidates(dirs, prefix),
    networks: () => networkCandidates(configFile),
  });
  if (call.has("json")) printJson(completion);
  else if (completion.kind !== "candidates") print(`:${completion.kind}\n`);
  else print(completion.candidates.map((one) => `${printable(one.value)}\t${printable(one.description)}\n`).join(""));
  return 0;
};
