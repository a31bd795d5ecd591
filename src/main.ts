/**
 * berth: argv → one command. Each command is imported only when it is the one, so that a hook, which is paid for at
 * every container start, loads nothing that it does not use.
 */
import { leaveStartDirectory } from "./host/startDirectory.ts";
import { traced } from "./log/trace.ts";

declare const BERTH_VERSION: string;
declare const BERTH_COMMIT: string;

/** Exit codes: 0 done, 1 failed, 2 usage, 70 a bug (sysexits.h: EX_SOFTWARE). */
const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  createRuntime: async (args) => (await import("./cli/createRuntime.ts")).createRuntime(args),
  poststop: async (args) => (await import("./cli/poststop.ts")).poststop(args),
  inject: async (args) => (await import("./cli/inject.ts")).inject(args),
  precreate: async (args) => (await import("./cli/precreate.ts")).precreate(args),
  version: async ([word]) => {
    const [version, commit] = [BERTH_VERSION, BERTH_COMMIT];
    (await import("./cli/print.ts")).printLine(
      word === "--json" ? JSON.stringify({ version, commit }) : `berth ${version} (${commit})`,
    );
    return 0;
  },
};

const asksForHelp = (word: string | undefined): boolean => word === "--help" || word === "-h";

/** Help on one command, or on all of them. Null: there is no such command. */
const help = async (name: string | undefined): Promise<number | null> => {
  const { helpText, hookHelp } = await import("./cli/help.ts");
  const text = name === undefined || asksForHelp(name) || name === "version" ? helpText : hookHelp(name);
  if (text === null) return (await import("./cli/operator/operator.ts")).runOperatorCommand(name ?? "", ["--help"]);
  (await import("./cli/print.ts")).print(text);
  return 0;
};

const runCommand = async (name: string, args: readonly string[]): Promise<number | null> => {
  if (asksForHelp(name)) return help(undefined);
  if (name === "help") return help(args[0]);
  if (name === "--version") return runCommand("version", args);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) return asksForHelp(args[0]) ? help(name) : command(args);
  return (await import("./cli/operator/operator.ts")).runOperatorCommand(name, args);
};

/** Called by the link of that name. Without a word it prints its syntax and fails. */
const asNetworkWrapper = async (): Promise<number> => {
  const args = process.argv.slice(2);
  const words = (await import("./cli/networkWrapper.ts")).berthWords(args);
  if ("print" in words) {
    (await import("./cli/print.ts")).print(words.print);
    return args.length === 0 ? 2 : 0;
  }
  const [name = "", ...rest] = words;
  return (await runCommand(name, rest)) ?? 2;
};

const main = async (): Promise<number> => {
  traced("start");
  leaveStartDirectory();
  process.umask(0o022);
  if (process.argv0.endsWith("network-wrapper")) return asNetworkWrapper();
  const [name, ...args] = process.argv.slice(2);
  const code = name === undefined ? null : await runCommand(name, args);
  if (code !== null) return code;
  const wrong = name === "help" ? args[0] : name;
  process.stderr.write(
    wrong === undefined
      ? "berth: a command is missing: see 'berth --help'\n"
      : `berth: unknown command ${JSON.stringify(wrong.slice(0, 60))}: see 'berth --help'\n`,
  );
  return 2;
};

const bug = (thrown: unknown): void => {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  process.stderr.write(`berth: internal error: ${text.replace(/\s+/g, " ").slice(0, 500)}\n`);
  process.exit(70);
};

process.on("uncaughtException", bug);
process.on("unhandledRejection", bug);
// Not process.exitCode: the orderly end of the event loop costs a hook two milliseconds. What was printed has been written.
main().then((code) => process.exit(code), bug);
