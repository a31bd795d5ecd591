/** What every check works with. */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { Settings } from "../cli/arguments.ts";
import type { Config, NetworkConfig } from "../config/schema.ts";
import type { Link } from "../graph/links.ts";
import { type Ran, run } from "../host/run.ts";
import type { Netns } from "../netns/enter.ts";

export type NamedNetwork = { readonly name: string; readonly network: NetworkConfig };

/** The machine that is looked at: its files below `root`, which is `/` but for tests, and its programs. */
export type Machine = {
  readonly root: string;
  readonly run: (program: string, args: readonly string[]) => Ran;
  /** Whether a program is installed. */
  readonly has: (program: string) => boolean;
};

export type Context = {
  readonly settings: Settings;
  readonly machine: Machine;
  /** Null: it cannot be used, which the check `config` has told. */
  readonly config: Config | null;
  readonly networks: readonly NamedNetwork[];
  readonly links: readonly Link[];
  readonly home: Netns;
};

const programDirectories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

export const thisMachine = (root = ""): Machine => ({
  root,
  run: (program, args) => run(program, args),
  has: (program) => programDirectories.some((directory) => exists(`${root}${directory}/${program}`)),
});

/** The file's text without white space at its ends; null: it cannot be read. */
export const textOf = ({ root }: Machine, path: string): string | null => {
  try {
    return readFileSync(`${root}${path}`, "utf8").trim();
  } catch {
    return null;
  }
};

export const isThere = ({ root }: Machine, path: string): boolean => exists(`${root}${path}`);

export const namesIn = ({ root }: Machine, path: string): readonly string[] => {
  try {
    return readdirSync(`${root}${path}`).sort();
  } catch {
    return [];
  }
};

/** The last component of what a symbolic link points to; null: it is none. */
export const linkName = ({ root }: Machine, path: string): string | null => {
  try {
    return basename(readlinkSync(`${root}${path}`));
  } catch {
    return null;
  }
};

/** A file that can be executed. */
export const isExecutable = ({ root }: Machine, path: string): boolean => {
  const status = statSync(`${root}${path}`, { throwIfNoEntry: false });
  return status?.isFile() === true && (status.mode & 0o111) !== 0;
};
