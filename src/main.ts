/**
 * berth: argv → one command. Each command is imported only when it is the one, so that a hook, which is paid for at
 * every container start, loads nothing that it does not use.
 */
import { chdir } from "node:process";
import { traced } from "./log/trace.ts";

declare const BERTH_VERSION: string;
declare const BERTH_COMMIT: string;

/** Exit codes: 0 done, 1 failed, 2 usage, 70 a bug (sysexits.h: EX_SOFTWARE). */
const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  createRuntime: async (args) => (await import("./cli/createRuntime.ts")).createRuntime(args),
  poststop: async (args) => (await import("./cli/poststop.ts")).poststop(args),
  inject: async (args) => (await import("./cli/inject.ts")).inject(args),
  precreate: async (args) => (await import("./cli/precreate.ts")).precreate(args),
  version: async () => {
    process.stdout.write(`berth ${BERTH_VERSION} (${BERTH_COMMIT})\n`);
    return 0;
  },
};

const help = async (): Promise<number> => {
  process.stdout.write((await import("./cli/help.ts")).helpText);
  return 0;
};

const main = async (): Promise<number> => {
  traced("start");
  // Whoever starts a container chooses the working directory; nothing is to be looked up in it.
  chdir("/");
  process.umask(0o022);
  const [name, ...args] = process.argv.slice(2);
  if (name === "--help" || name === "-h" || name === "help") return help();
  if (name === "--version") return (commands["version"] ?? help)([]);
  const command = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name];
  if (command !== undefined) return command(args);
  const code =
    name === undefined ? null : await (await import("./cli/operator/operator.ts")).runOperatorCommand(name, args);
  if (code !== null) return code;
  process.stderr.write(
    name === undefined
      ? "berth: a command is missing: see 'berth --help'\n"
      : `berth: unknown command ${JSON.stringify(name.slice(0, 60))}: see 'berth --help'\n`,
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
// Not process.exitCode: the orderly end of the event loop costs a hook two milliseconds. What is printed is small.
main().then((code) => process.exit(code), bug);
