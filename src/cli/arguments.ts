/**
 * The three options that every command takes. Written by hand because it is on the hook path, where a library for
 * command lines would be paid for at every container start.
 */
import { err, ok, type Result } from "neverthrow";
import type { Directories } from "../lease/paths.ts";

export type Settings = {
  /** Null: the default file, which need not exist. */
  readonly configFile: string | null;
  readonly dirs: Directories;
};

const options = ["--config", "--run-dir", "--state-dir"] as const;
type Option = (typeof options)[number];
const isOption = (text: string): text is Option => options.some((option) => option === text);

export type Command = { readonly settings: Settings; readonly words: readonly string[] };

/** A usage error is a sentence. Directories must be absolute: a hook's working directory is anybody's. */
export const parseSettings = (args: readonly string[]): Result<Settings, string> =>
  parseCommand(args, 0).map(({ settings }) => settings);

/** The same with up to `most` words beside the options. */
export const parseCommand = (args: readonly string[], most: number): Result<Command, string> => {
  const values = new Map<Option, string>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const [name = "", inline] = splitOnce(args[at] ?? "");
    if (!name.startsWith("-") && words.length < most) {
      words.push(args[at] ?? "");
      continue;
    }
    if (!isOption(name)) return err(`unknown argument ${JSON.stringify(args[at])}: known are ${options.join(", ")}`);
    if (inline === undefined) at += 1;
    const value = inline ?? args[at];
    if (value === undefined || value === "") return err(`${name} needs a value`);
    if (!/^\/[^\0\n]{0,4000}$/.test(value)) return err(`${name} must be an absolute path`);
    values.set(name, value.length > 1 ? value.replace(/\/+$/, "") : value);
  }
  const settings: Settings = {
    configFile: values.get("--config") ?? null,
    dirs: {
      runDir: values.get("--run-dir") ?? defaultDirs.runDir,
      stateDir: values.get("--state-dir") ?? defaultDirs.stateDir,
    },
  };
  return ok({ settings, words });
};

const defaultDirs: Directories = { runDir: "/run/berth", stateDir: "/var/lib/berth" };

/** The words that make another command of berth's use the same settings. */
export const settingsWords = ({ configFile, dirs }: Settings): readonly string[] => [
  ...(configFile === null ? [] : ["--config", configFile]),
  ...(dirs.runDir === defaultDirs.runDir ? [] : ["--run-dir", dirs.runDir]),
  ...(dirs.stateDir === defaultDirs.stateDir ? [] : ["--state-dir", dirs.stateDir]),
];

const splitOnce = (text: string): [string, string | undefined] => {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};
