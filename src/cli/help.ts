/** What `berth --help` and `berth help COMMAND` print, from the commands' own descriptions. */
import { type HookCommand, hookCommands, shimCommands } from "./hookCommands.ts";
import { operatorCommands } from "./operator/commands.ts";
import { exitCodes } from "./operator/options.ts";

type Row = readonly [string, string];

const widest = 18;

const rows = (list: readonly Row[]): string =>
  list.map(([name, summary]) => `  ${name.padEnd(widest)}${name.length >= widest ? "  " : ""}${summary}\n`).join("");

const hookRows = (commands: readonly HookCommand[]): string =>
  rows(commands.map(({ name, usage, summary }) => [`${name}${usage}`, summary]));

const visible: readonly Row[] = [
  ...operatorCommands.filter(({ hidden }) => hidden !== true).map(({ name, summary }) => [name, summary] as const),
  ["version", "print the version"],
  ["help [COMMAND]", "print this, or the help of a command"],
];

const options: readonly Row[] = [
  ["--config FILE", "the configuration (default /etc/berth/berth.json; without it: DHCP on the bridge br0)"],
  ["--run-dir DIR", "records of what is attached (default /run/berth)"],
  ["--state-dir DIR", "what outlives a reboot: last addresses (default /var/lib/berth)"],
];

export const helpText = `berth: one real IP per container on the production network, before its process starts

Usage: berth COMMAND [--config FILE] [--run-dir DIR] [--state-dir DIR]

For people ('berth COMMAND --help' says more; each takes --json):
${rows(visible)}
Hooks, called by an OCI runtime with the container's state (JSON) on standard input:
${hookRows(hookCommands)}
Called by berth-runtime, the runtime that Docker and containerd are given:
${hookRows(shimCommands)}
Options of every command:
${rows(options)}
Environment:
${rows([
  ["BERTH_TRACE=1", "hooks: print how many milliseconds each step took, on standard error"],
  ["NO_COLOR=1", "no colours, on a terminal either"],
])}
Exit codes: ${exitCodes.map(({ code, means }) => `${code} ${means.replace(/:.*/, "")}`).join("; ")}

Example: berth createRuntime < state.json
`;

/** The help of a hook's command; null: there is no such. */
export const hookHelp = (name: string): string | null => {
  const command = [...hookCommands, ...shimCommands].find((one) => one.name === name);
  if (command === undefined) return null;
  return `Usage: berth ${command.name}${command.usage} [--config FILE] [--run-dir DIR] [--state-dir DIR]

${command.summary}

Options:
${rows(options)}
Example: ${command.example}

Exit codes: ${exitCodes.map(({ code, means }) => `${code} ${means.replace(/:.*/, "")}`).join("; ")}
`;
};
