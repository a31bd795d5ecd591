/**
 * From the words of a command line to one operator's command. Commander parses; it is loaded for these commands only.
 */
import { Command, CommanderError, Option as CommanderOption } from "commander";
import { styled, wantsColour } from "../../screen/colour.ts";
import type { Settings } from "../arguments.ts";
import { parseSettings } from "../arguments.ts";
import { print } from "../print.ts";
import { say } from "../say.ts";
import type { Call, OperatorCommand } from "./command.ts";
import { operatorCommands } from "./commands.ts";
import { argumentText, exitCodes, optionsOf, optionText } from "./options.ts";

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
const epilogue = ({ examples }: OperatorCommand, title: (text: string) => string): string => {
  const codes = exitCodes.slice(0, 3).map(({ code, means }) => `${code} ${means.replace(/:.*/, "")}`);
  const lines = examples.map(({ line, does }) => `  ${line}\n      ${does}`).join("\n");
  const shown = examples.length === 0 ? "" : `\n${title(`Example${examples.length > 1 ? "s" : ""}:`)}\n${lines}\n`;
  return `${shown}\n${title("Exit codes:")} ${codes.join("; ")}`;
};

/** The command as commander sees it; `done` takes the exit code. */
const parserOf = (command: OperatorCommand, done: (code: Promise<number>) => void): Command => {
  const title = styled(wantsColour(process.stdout)).bold;
  const parser = new Command(`berth ${command.name}`)
    .description(command.description.join("\n\n"))
    .helpOption("-h, --help", "print this")
    .exitOverride()
    .configureOutput({ writeOut: print, outputError: () => {} })
    .configureHelp({ styleTitle: title })
    .addHelpText("after", epilogue(command, title));
  if (command.passThrough === true) parser.passThroughOptions();
  for (const argument of command.arguments) parser.argument(argumentText(argument), argument.description);
  for (const option of optionsOf(command))
    parser.addOption(new CommanderOption(optionText(option), option.description));
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
