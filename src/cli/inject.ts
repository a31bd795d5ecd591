/**
 * `berth inject BUNDLE [ID]`: called by berth-runtime right before the real runtime's create or run. Adds berth's hooks to the
 * bundle's config.json, in one step and once only; a container that is not ours keeps the file as it is.
 */
import { makeOwnFile, removeOwnFiles } from "../attach/ownFiles.ts";
import { replaceKeepingOwner } from "../host/files.ts";
import { injected, type OwnFile } from "../inject/inject.ts";
import type { Directories } from "../lease/paths.ts";
import { logEvent } from "../log/events.ts";
import { quote } from "../log/quote.ts";
import { printTrace, traced } from "../log/trace.ts";
import { type ContainerId, parseContainerId } from "../net/address.ts";
import { readBundleBytes } from "../oci/bundle.ts";
import { parseCommand, type Settings, settingsWords } from "./arguments.ts";
import { say, sayFailure } from "./say.ts";

/** A line that says why not; null: they are there. */
export const makeOwnFiles = (dirs: Directories, id: ContainerId, files: readonly OwnFile[]): string | null => {
  for (const { file, image } of files) {
    const made = makeOwnFile(dirs, id, file, image);
    if (made.isErr()) return `could not make ${made.error.path}: ${made.error.message}`;
  }
  return null;
};

/** A line that says what is wrong; null: done. */
const work = (bundle: string, id: ContainerId | null, settings: Settings): string | null => {
  const { configFile, dirs } = settings;
  const read = readBundleBytes(bundle);
  if (read.isErr()) return read.error.message;
  const { spec, bytes } = read.value;
  traced("read");
  const caller = { executable: process.execPath, settings: settingsWords(settings) };
  const done = injected({ id, bundle, spec, bytes }, { caller, configFile, dirs });
  if (done.isErr()) return done.error.message;
  if (done.value.kind === "not-ours") {
    const { because } = done.value;
    logEvent(dirs, { event: "not-ours", ...(id === null ? {} : { container: id }), message: because });
    return null;
  }
  traced("splice");
  if (id !== null) {
    const problem = makeOwnFiles(dirs, id, done.value.files);
    if (problem !== null) return problem;
  }
  if (Buffer.compare(done.value.bytes, bytes) === 0) return null;
  const replaced = replaceKeepingOwner(`${bundle}/config.json`, done.value.bytes);
  if (replaced.isOk()) return null;
  if (id !== null) removeOwnFiles(dirs, id);
  return `could not write config.json of the bundle ${quote(bundle)}: ${replaced.error.message}`;
};

export const inject = async (args: readonly string[]): Promise<number> => {
  const command = parseCommand(args, 2);
  if (command.isErr()) {
    say(`inject: ${command.error}`);
    return 2;
  }
  const { settings, words } = command.value;
  const [bundle, name] = words;
  if (bundle === undefined || !/^\/[^\0]{0,4095}$/.test(bundle)) {
    say("inject: the bundle must be named by an absolute path");
    return 2;
  }
  const id = name === undefined ? undefined : parseContainerId(name);
  if (name !== undefined && id === undefined) {
    say(`inject: ${quote(name)} is not a container id: 1 to 200 characters out of A-Z a-z 0-9 _ + . -`);
    return 1;
  }
  const problem = work(bundle, id ?? null, settings);
  printTrace("inject");
  if (problem === null) return 0;
  const event = { event: "attach-failed", ...(id === undefined ? {} : { container: id }) } as const;
  sayFailure(settings.dirs, event, `inject${id === undefined ? "" : ` ${id}`}: ${problem}`);
  return 1;
};
