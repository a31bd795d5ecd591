/** The manual page berth(8), from what the commands say of themselves: the help and the page cannot disagree. */
import { type HookCommand, hookCommands, shimCommands } from "../cli/hookCommands.ts";
import type { Argument, OperatorCommand, Option } from "../cli/operator/command.ts";
import { everyCommands, exitCodes } from "../cli/operator/options.ts";
import { literal, paragraphs, prose, words } from "./mdoc.ts";

const months = "January February March April May June July August September October November December".split(" ");

/** mdoc(7), "Dd": month, day and year. */
const dateText = (date: Date): string => `${months[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}`;

const optionMacro = ({ name, short, value }: Option): string => {
  const argument = value === undefined ? "" : ` Ar ${words(value)}`;
  return `${short === undefined ? "" : `Fl ${short} , `}Fl \\-${words(name)}${argument}`;
};

const argumentMacro = ({ name, count = "one" }: Argument): string => {
  const optional = count === "optional" || count === "any";
  const repeats = count === "some" || count === "any";
  return `${optional ? "Op " : ""}Ar ${words(name)}${repeats ? " ..." : ""}`;
};

const usage = (command: OperatorCommand): readonly string[] => [
  ".Nm",
  `.Cm ${words(command.name)}`,
  ...command.options.map((option) => `.Op ${optionMacro({ ...option, short: "" }).replace("Fl  , ", "")}`),
  ...command.arguments.map((argument) => `.${argumentMacro(argument)}`),
];

const optionList = (options: readonly Option[]): readonly string[] =>
  options.length === 0
    ? []
    : [
        ".Bl -tag -width Ds",
        ...options.flatMap((option) => [`.It ${optionMacro(option)}`, ...prose(sentence(option.description))]),
        ".El",
      ];

const sentence = (text: string): string => {
  const first = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.:]$/.test(first) ? first : `${first}.`;
};

const commandText = (command: OperatorCommand): readonly string[] => [
  `.Ss ${words(command.name)}`,
  ...usage(command),
  ".Pp",
  ...paragraphs(command.description),
  ...optionList(command.options),
  ...command.examples.flatMap(({ line, does }) => [
    ".Pp",
    ...prose(sentence(does).replace(/\.$/, ":")),
    ...literal([line]),
  ]),
];

const hookList = (commands: readonly HookCommand[]): readonly string[] => [
  ".Bl -tag -width Ds",
  ...commands.flatMap(({ name, usage: arguments_, summary }) => [
    `.It Cm ${words(name)}${arguments_ === "" ? "" : ` Ar ${words(arguments_.trim())}`}`,
    ...prose(sentence(summary)),
  ]),
  ".El",
];

const files: readonly (readonly [string, string])[] = [
  ["/etc/berth/berth.json", "the configuration; without it there is one network, DHCP on the bridge br0"],
  ["/run/berth/attachments/", "the records: a directory a container, a file an interface"],
  ["/run/berth/events.jsonl", "what happened, a JSON object a line"],
  ["/run/berth/keeper.pid", "the pid of the keeper that runs"],
  ["/var/lib/berth/", "what outlives a reboot: the last address of every identity"],
];

const environment: readonly (readonly [string, string])[] = [
  ["BERTH_TRACE", "if it is 1, a hook prints how many milliseconds each step took, on standard error"],
  ["NO_COLOR", "if it is set and not empty, there are no colours on a terminal either"],
  ["DOCKER_HOST", "the Unix socket (unix://...) where Docker is asked about a name that no record has"],
];

const tagged = (macro: string, list: readonly (readonly [string, string])[]): readonly string[] => [
  ".Bl -tag -width Ds",
  ...list.flatMap(([name, text]) => [`.It ${macro} ${words(name)}`, ...prose(sentence(text))]),
  ".El",
];

const description = [
  "Gives every container its own MAC and its own IP address from the production network's own DHCP server, without NAT, ready before the container's first instruction runs, and hands the address back when the container leaves.",
  "It is registered with runc, crun, podman or Docker as a pair of OCI hooks, which the runtime calls. The other commands are for people. What a command prints on standard output is its result and nothing else; messages are lines on standard error that begin with the program's name. Colours and tables are for terminals only.",
  "Wherever a command takes a container, that is its id, the beginning of its id, its name in Docker or podman, its IP address, its MAC or its port on the bridge. What could mean several is an error that lists them.",
];

export const manualPage = (commands: readonly OperatorCommand[], date: Date): string => {
  const visible = commands.filter(({ hidden }) => hidden !== true);
  return [
    ".\\\" Made from the commands' own descriptions by scripts/manual.ts: change those instead.",
    `.Dd ${dateText(date)}`,
    ".Dt BERTH 8",
    ".Os",
    ".Sh NAME",
    ".Nm berth",
    ".Nd one real IP per container on the production network",
    ".Sh SYNOPSIS",
    ...visible.flatMap((command) => usage(command)),
    ".Nm",
    ".Cm help",
    ".Op Ar command",
    ".Nm",
    ".Cm version",
    ".Sh DESCRIPTION",
    ...paragraphs(description),
    ".Pp",
    "Every command takes these options:",
    ...optionList([...everyCommands, { name: "help", short: "h", description: "print the command's help" }]),
    ".Sh COMMANDS",
    ...visible.flatMap(commandText),
    ".Sh HOOKS",
    "An OCI runtime calls these with a document on standard input.",
    "They take the options",
    ".Fl \\-config , \\-run\\-dir",
    "and",
    ".Fl \\-state\\-dir .",
    ...hookList(hookCommands),
    ".Pp",
    ...prose("The shim berth-runtime, which Docker and containerd are given as a runtime, calls:"),
    ...hookList(shimCommands),
    ".Sh ENVIRONMENT",
    ...tagged("Ev", environment),
    ".Sh FILES",
    ...tagged("Pa", files),
    ".Sh EXIT STATUS",
    ...tagged(
      "",
      exitCodes.map(({ code, means }) => [String(code), means] as const),
    ),
    ".Sh SEE ALSO",
    "ip(8), bridge(8), runc(8), crun(1), podman(1), docker(1)",
    "",
  ].join("\n");
};
