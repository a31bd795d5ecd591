/**
 * `berth precreate`: podman's hook stage of that name (oci-hooks(5)): the container's config.json on standard input, what it
 * shall be on standard output. Does what inject does for a bundle.
 */
import { writeSync } from "node:fs";
import { thrownCode } from "../host/errno.ts";
import { readStdinBytes } from "../host/stdin.ts";
import { type Injected, injected, withHooksAlone } from "../inject/inject.ts";
import { type ContainerId, parseContainerId } from "../net/address.ts";
import { mostSpecBytes, type OciSpec, parseSpec } from "../oci/spec.ts";
import { parseSettings, type Settings, settingsWords } from "./arguments.ts";
import { makeOwnFiles } from "./inject.ts";
import { say, sayFailure } from "./say.ts";

const stdinMs = 10_000;

/** Mounts of podman's own: the first is not there in a read-only container, the second may be the user's. */
const podmans = ["/run/.containerenv", "/etc/hostname"] as const;

/** podman does not tell the id, but keeps the container's own files in a directory of that name. */
const idOf = (spec: OciSpec): ContainerId | null => {
  for (const own of podmans) {
    const source = spec.mounts.findLast(({ destination }) => destination === own)?.source ?? "";
    const id = parseContainerId(/\/([0-9a-f]{64})\/userdata\/[^/]*$/.exec(source)?.[1] ?? "");
    if (id !== undefined) return id;
  }
  return null;
};

/** A pipe may have been left non-blocking by whoever opened it. */
const writeStdout = (bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.byteLength; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (thrown) {
      if (thrownCode(thrown) !== "EAGAIN") throw thrown;
      Bun.sleepSync(1);
    }
  }
};

/** A line that says what is wrong; null: done. */
const work = (bytes: Uint8Array, settings: Settings): string | null => {
  const spec = parseSpec(new TextDecoder().decode(bytes));
  if (spec.isErr()) return spec.error.message;
  const { configFile, dirs } = settings;
  const caller = { executable: process.execPath, settings: settingsWords(settings) };
  const id = idOf(spec.value);
  const container = { id, bundle: "/", spec: spec.value, bytes };
  const done = injected(container, { caller, configFile, dirs });
  if (done.isErr()) {
    // podman shows nothing of what this hook says, but all that a runtime says of createRuntime, which will refuse likewise.
    const refused = withHooksAlone(bytes, caller);
    if (refused === null) return done.error.message;
    writeStdout(refused);
    return null;
  }
  const outcome: Injected = done.value;
  if (outcome.kind === "ours" && id !== null) {
    const problem = makeOwnFiles(dirs, id, outcome.files);
    if (problem !== null) return problem;
  }
  writeStdout(outcome.kind === "ours" ? outcome.bytes : bytes);
  return null;
};

export const precreate = async (args: readonly string[]): Promise<number> => {
  const settings = parseSettings(args);
  if (settings.isErr()) {
    say(`precreate: ${settings.error}`);
    return 2;
  }
  const bytes = readStdinBytes(mostSpecBytes, stdinMs);
  if (bytes.isErr()) {
    say(`precreate: the container's config.json could not be read: ${bytes.error.message}`);
    return 1;
  }
  const problem = work(bytes.value, settings.value);
  if (problem === null) return 0;
  sayFailure(settings.value.dirs, { event: "attach-failed" }, `precreate: ${problem}`);
  return 1;
};
