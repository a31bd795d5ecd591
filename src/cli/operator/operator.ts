/**
 * From the words of a command line to one operator's command. Commander parses; it is loaded for these commands only.
 */
import { Command, CommanderError, Option as CommanderOption } from "commander";
import type { Settings } from "../arguments.ts";
import { parseSettings } from "../arguments.ts";
import { say } from "../say.ts";
import type { Argument, Call, OperatorCommand, Option } from "./command.ts";
import { operatorCommands } from "./commands.ts";

const brackets = ({ name, count = "one" }: Argument): string =>
  ({ one: `<${name}>`, optional: `[${name}]`, some: `<${name}...>`, any: `[${name}...]` })[count];

const flags = ({ name, short, value }: Option): string =>
  `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;

const everyCommands: readonly Option[] = [
  { name: "config", value: "file", description: "the configuration (default /etc/berth/berth.json)" },
  { name: "run-dir", value: "dir", description: "records of what is attached (default /run/berth)" },
  { name: "state-dir", value: "dir", description: "what outlives a reboot (default /var/lib/berth)" },
];

const settingsOf = (options: Readonly<Record<string, unknown>>) =>
  parseSettings(
    (
      [
        ["--config", options["config"]],
        ["--run-dir", options["runDir"]],
        ["--state-dir", options["stateDir"]],
      ] as const
    ).flatMap(([name, value]) => (typeof value === "string" ? [name, value] : [])),
  );

const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

const callOf = (settings: Settings, options: Readonly<Record<string, unknown>>, words: readonly string[]): Call => ({
  settings,
  words,
  has: (option) => options[camel(option)] === true,
  value: (option) => {
    const given = options[camel(option)];
    return typeof given === "string" ? given : undefined;
  },
});

/** Commander's own help ends with the examples. */
const epilogue = ({ examples }: OperatorCommand): string =>
  examples.length === 0
    ? ""
    : `\nExample${examples.length > 1 ? "s" : ""}:\n${examples.map(({ line, does }) => `  ${line}\n      ${does}`).join("\n")}`;

/** The command as commander sees it; `done` takes the exit code. */
const parserOf = (command: OperatorCommand, done: (code: Promise<number>) => void): Command => {
  const parser = new Command(`berth ${command.name}`)
    .description(command.description.join("\n\n"))
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText("after", epilogue(command));
  if (command.passThrough === true) parser.passThroughOptions();
  for (const argument of command.arguments) parser.argument(brackets(argument), argument.description);
  for (const option of [...command.options, ...everyCommands])
    parser.addOption(new CommanderOption(flags(option), option.description));
  return parser.action(() => {
    const options: Readonly<Record<string, unknown>> = parser.opts();
    const settings = settingsOf(options);
    if (settings.isOk()) return done(command.run(callOf(settings.value, options, parser.args)));
    say(`${command.name}: ${settings.error}`);
    return done(Promise.resolve(2));
  });
};

/** Runs the command `name` with its words; the exit code. Null: there is no such command. */
export const runOperatorCommand = async (name: string, args: readonly string[]): Promise<number | null> => {
  const command = operatorCommands.find((one) => one.name === name);
  if (command === undefined) return null;
  let code: Promise<number> = Promise.resolve(2);
  const parser = parserOf(command, (running) => {
    code = running;
  });
  try {
    parser.parse([...args], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return 0;
    say(`${name}: ${thrown.message.replace(/^error: /, "")}: see 'berth ${name} --help'`);
    return 2;
  }
  return code;
};
