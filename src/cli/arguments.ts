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

/** A usage error is a sentence. Directories must be absolute: a hook's working directory is anybody's. */
export const parseSettings = (args: readonly string[]): Result<Settings, string> => {
  const values = new Map<Option, string>();
  for (let at = 0; at < args.length; at += 1) {
    const [name = "", inline] = splitOnce(args[at] ?? "");
    if (!isOption(name)) return err(`unknown argument ${JSON.stringify(args[at])}: known are ${options.join(", ")}`);
    if (inline === undefined) at += 1;
    const value = inline ?? args[at];
    if (value === undefined || value === "") return err(`${name} needs a value`);
    if (!/^\/[^\0\n]{0,4000}$/.test(value)) return err(`${name} must be an absolute path`);
    values.set(name, value.length > 1 ? value.replace(/\/+$/, "") : value);
  }
  return ok({
    configFile: values.get("--config") ?? null,
    dirs: {
      runDir: values.get("--run-dir") ?? "/run/berth",
      stateDir: values.get("--state-dir") ?? "/var/lib/berth",
    },
  });
};

const splitOnce = (text: string): [string, string | undefined] => {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};
