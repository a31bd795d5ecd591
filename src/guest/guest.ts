/**
 * A container that runs already, as something to attach: whichever engine or runtime made it, or just a process, or just a
 * network namespace.
 */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { err, ok, type Result } from "neverthrow";
import type { ContainerRoot } from "../attach/containerFiles.ts";
import { identityOf, isName, specHostname } from "../config/identity.ts";
import { findContainer, onlyKnown } from "../containers/find.ts";
import { askEngines } from "../engine/ask.ts";
import type { Known } from "../engine/known.ts";
import { startTime } from "../host/process.ts";
import { containerLives, type Life, netnsPathOf } from "../lease/life.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { quote } from "../log/quote.ts";
import type { ContainerId, Hostname } from "../net/address.ts";
import { readBundle } from "../oci/bundle.ts";
import type { OciSpec } from "../oci/spec.ts";

export type Guest = {
  readonly id: ContainerId;
  readonly name: string | null;
  readonly identity: string | null;
  readonly hostname: Hostname | null;
  readonly life: Life;
  /** Where its network namespace can be opened. */
  readonly netns: string;
  /** Null: nobody knows where its resolv.conf and hosts are. */
  readonly root: ContainerRoot | null;
};

/** How an operator says which container is meant. */
export type GuestWord =
  | { readonly kind: "container"; readonly word: string; readonly runtimeRoot: string | null }
  | { readonly kind: "pid"; readonly pid: number }
  | { readonly kind: "netns"; readonly path: string };

const processLife = (pid: number): Life | null => {
  const pidStart = startTime(pid);
  return pidStart === null ? null : { kind: "process", pid, pidStart };
};

/** What a bundle that cannot be read would have told is done without. */
const noSpec: OciSpec = {
  hostname: null,
  rootPath: "rootfs",
  env: [],
  namespaces: [],
  mounts: [],
  annotations: new Map(),
};

const rootOf = ({ id, files, pid }: Known, spec: OciSpec | null, runDir: string): ContainerRoot | null => {
  if (files === null) return null;
  if ("mounts" in files) {
    const { directory, mounts } = files;
    return { id, bundle: directory, rootfs: `/proc/${pid ?? 0}/root`, mounts, runDir };
  }
  if (spec === null) return null;
  const { rootPath, mounts } = spec;
  const rootfs = rootPath.startsWith("/") ? rootPath : `${files.bundle}/${rootPath}`;
  return { id, bundle: files.bundle, rootfs, mounts, runDir };
};

const ofKnown = (known: Known, runDir: string): Result<Guest, string> => {
  const { id, name, pid, files, engine, status } = known;
  const life = pid === null ? null : processLife(pid);
  if (pid === null || life === null)
    return err(`container ${name ?? id} is not running (${engine} says: ${status}): start it first`);
  const spec = files !== null && "bundle" in files ? readBundle(files.bundle).unwrapOr(null) : null;
  const described = { ...(spec ?? noSpec), hostname: known.hostname ?? spec?.hostname ?? null };
  return ok({
    id,
    name: name !== null && isName(name) ? name : null,
    identity: identityOf({ id }, described, { explicit: null, engineName: name, wishedHostname: null }),
    hostname: specHostname(described),
    life,
    netns: `/proc/${pid}/ns/net`,
    root: rootOf(known, spec, runDir),
  });
};

/** Somebody who is attached already, whom no engine knows by this word. */
const ofRecord = (record: AttachmentRecord, name: string | null, runDir: string): Result<Guest, string> => {
  const { id, identity, hostname, root, pid, pidStart, netnsPath, netns } = record;
  if (!containerLives(record)) return err(`container ${name ?? id} has ended: 'berth gc' cleans up after it`);
  const life: Life =
    pid !== null && pidStart !== null
      ? { kind: "process", pid, pidStart }
      : { kind: "netns", path: netnsPath ?? "", inode: BigInt(netns) };
  return ok({
    ...{ id, name, identity, hostname, life },
    netns: netnsPathOf(record),
    root: root === null ? null : { ...root, id, runDir },
  });
};

const bare = (id: string, name: string | null, life: Life, netns: string): Guest => ({
  id: id as ContainerId,
  name,
  identity: name === null ? null : `name:${name}`,
  hostname: null,
  life,
  netns,
  root: null,
});

const ofPid = (pid: number): Result<Guest, string> => {
  const life = processLife(pid);
  return life === null ? err(`there is no process ${pid}`) : ok(bare(`pid-${pid}`, null, life, `/proc/${pid}/ns/net`));
};

const ofNetns = (path: string): Result<Guest, string> => {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return err(`there is nothing at ${quote(path)}: 'ip netns list' shows those in /run/netns`);
  const name = basename(path);
  const life: Life = { kind: "netns", path, inode: status.ino };
  return ok(bare(`netns-${status.ino}`, isName(name) ? name : null, life, path));
};

const byWord = async (dirs: Directories, word: string, runtimeRoot: string | null): Promise<Result<Guest, string>> => {
  const { known, unasked } = await askEngines(word, runtimeRoot);
  const only = onlyKnown(word, known);
  if (only.isErr()) return err(only.error);
  if (only.value !== null) return ofKnown(only.value, dirs.runDir);
  const attached = await findContainer(dirs, word);
  const [first] = attached.isOk() ? attached.value.attachments : [];
  if (first !== undefined) return ofRecord(first.record, first.name, dirs.runDir);
  const why = unasked === null ? "" : ` (${unasked})`;
  return err(
    `no container ${quote(word)} is known to Docker, podman, runc or crun${why}: give its name or id, or --pid or --netns`,
  );
};

/** The error is a sentence: nobody, several (listed), or not running. */
export const findGuest = async (dirs: Directories, which: GuestWord): Promise<Result<Guest, string>> => {
  if (which.kind === "pid") return ofPid(which.pid);
  if (which.kind === "netns") return ofNetns(which.path);
  return byWord(dirs, which.word, which.runtimeRoot);
};
