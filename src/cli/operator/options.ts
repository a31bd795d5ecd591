/** The options that every command of an operator's takes, and what its exit codes mean. */
import type { OperatorCommand, Option } from "./command.ts";

export const everyCommands: readonly Option[] = [
  { name: "json", description: "print JSON, for programs" },
  {
    name: "config",
    value: "file",
    description: "the configuration (default /etc/berth/berth.json)",
    completes: "file",
  },
  {
    name: "run-dir",
    value: "dir",
    description: "records of what is attached (default /run/berth)",
    completes: "directory",
  },
  {
    name: "state-dir",
    value: "dir",
    description: "what outlives a reboot (default /var/lib/berth)",
    completes: "directory",
  },
];

/** A command's own options and those of every command. */
export const optionsOf = ({ options }: OperatorCommand): readonly Option[] => [
  ...options,
  ...everyCommands.filter(({ name }) => !options.some((own) => own.name === name)),
];

export const exitCodes: readonly { readonly code: number; readonly means: string }[] = [
  { code: 0, means: "done, or nothing to do" },
  { code: 1, means: "failed: one line on standard error says what, and what to do about it" },
  { code: 2, means: "the command line is wrong" },
  { code: 70, means: "a bug in berth" },
];

/** `<container>`, `[container]`, `<container...>` or `[word...]`. */
export const argumentText = ({ name, count = "one" }: OperatorCommand["arguments"][number]): string =>
  ({ one: `<${name}>`, optional: `[${name}]`, some: `<${name}...>`, any: `[${name}...]` })[count];

/** `-f, --file <path>`. */
export const optionText = ({ name, short, value }: Option): string =>
  `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
