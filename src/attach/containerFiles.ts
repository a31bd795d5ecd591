/**
 * The container's own /etc/resolv.conf and /etc/hosts: found, and written in place.
 *
 * A bundle may bind-mount the host's files, and an image may hold any symbolic link, so a file is written only when it
 * is certain to be the container's: the source of its bind mount lies in the bundle, in a directory named by the
 * container's id, or in our own run directory; or the path resolves *inside* the rootfs (openat2, RESOLVE_IN_ROOT). It is a
 * regular file with one name, and not the host's.
 */
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readlinkSync,
  statSync,
  writeSync,
} from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { errnoText, thrownText } from "../host/errno.ts";
import { readUpTo } from "../host/files.ts";
import { openInRoot } from "../host/libc.ts";
import type { ContainerId } from "../net/address.ts";

export type Mount = { readonly destination: string; readonly source: string | null };

/** Where the container's files are, as its bundle tells. All paths absolute. */
export type ContainerRoot = {
  readonly id: ContainerId;
  readonly bundle: string;
  readonly rootfs: string;
  readonly mounts: readonly Mount[];
  readonly runDir: string;
};

export type ContainerFile = "/etc/resolv.conf" | "/etc/hosts";

const mostBytes = 1024 * 1024;

const normal = (path: string): string =>
  `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;

/** True where `path`, already resolved, is known to belong to this container alone. */
const belongs = (root: ContainerRoot, path: string): boolean => {
  const inside = (directory: string): boolean => {
    try {
      const resolved = readlinkOf(directory);
      return resolved !== "/" && path.startsWith(`${resolved}/`);
    } catch {
      return false;
    }
  };
  const byId = /^[0-9a-f]{32,}$/.test(root.id) && path.split("/").includes(root.id);
  return byId || inside(root.bundle) || inside(`${root.runDir}/files/${root.id}`);
};

/** The real path of a directory, by way of a descriptor. */
const readlinkOf = (directory: string): string => {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
};

const sameAsHosts = (fd: number, file: ContainerFile): boolean => {
  const host = statSync(file, { throwIfNoEntry: false });
  const ours = fstatSync(fd);
  return host !== undefined && host.ino === ours.ino && host.dev === ours.dev;
};

const openMounted = (root: ContainerRoot, source: string): Result<number, string> => {
  const fd = openSync(source, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  const real = readlinkSync(`/proc/self/fd/${fd}`);
  if (belongs(root, real)) return ok(fd);
  closeSync(fd);
  return err(`its mount source ${JSON.stringify(source)} is not this container's own file`);
};

const openInside = (root: ContainerRoot, file: ContainerFile): Result<number, string> => {
  const directory = openSync(root.rootfs, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    if (readlinkSync(`/proc/self/fd/${directory}`) === "/") return err("the container's root is the host's");
    const flags = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY;
    const existing = openInRoot(directory, file, flags, 0);
    if (existing >= 0) return ok(existing);
    const made = openInRoot(directory, file, flags | constants.O_CREAT, 0o644);
    if (made < 0) return err(errnoText(-made));
    const owner = fstatSync(directory);
    fchownSync(made, owner.uid, owner.gid);
    return ok(made);
  } finally {
    closeSync(directory);
  }
};

const openOwn = (root: ContainerRoot, file: ContainerFile): Result<number, string> => {
  const covering = root.mounts.filter(({ destination }) => {
    const at = normal(destination);
    return at === file || at === "/etc" || at === "/";
  });
  const mount = covering.at(-1);
  if (mount === undefined) return openInside(root, file);
  if (normal(mount.destination) !== file) return err(`a mount at ${normal(mount.destination)} covers it`);
  if (mount.source === null || !mount.source.startsWith("/")) return err("its mount has no source that is a path");
  return openMounted(root, mount.source);
};

/** What has to be remembered of the root to write these files again later: without the mounts of other places. */
export const recordedRoot = ({ bundle, rootfs, mounts }: ContainerRoot) => ({
  bundle,
  rootfs,
  mounts: mounts
    .map(({ destination, source }) => ({ destination: normal(destination), source }))
    .filter(({ destination }) => ["/", "/etc", "/etc/resolv.conf", "/etc/hosts"].includes(destination))
    .map(({ destination, source }) => ({ destination, source: (source?.length ?? 0) > 4096 ? null : source })),
});

const readAll = (fd: number): string => new TextDecoder().decode(readUpTo(fd, mostBytes));

/** New text first, then the cut: nobody ever reads an empty file. */
const overwrite = (fd: number, text: string): void => {
  const bytes = new TextEncoder().encode(text);
  let done = 0;
  while (done < bytes.byteLength) done += writeSync(fd, bytes, done, bytes.byteLength - done, done);
  ftruncateSync(fd, bytes.byteLength);
};

/** The old text, so that whoever changed the file can change it back. */
export type Written = { readonly before: string };

/**
 * Replaces the text of one of the container's files by what `change` makes of it. An error is a sentence that says why
 * the file was left alone; the container can run without it.
 */
export const rewriteContainerFile = (
  root: ContainerRoot,
  file: ContainerFile,
  change: (before: string) => string,
): Result<Written, string> => {
  let fd: number | undefined;
  try {
    const opened = openOwn(root, file);
    if (opened.isErr()) return err(opened.error);
    fd = opened.value;
    const status = fstatSync(fd);
    if (!status.isFile()) return err("it is not a regular file");
    if (status.nlink !== 1) return err("it has more than one name (hard links)");
    if (sameAsHosts(fd, file)) return err("it is the host's own file");
    if (status.size > mostBytes) return err(`it is larger than ${mostBytes} bytes`);
    const before = readAll(fd);
    overwrite(fd, change(before));
    return ok({ before });
  } catch (thrown) {
    return err(thrownText(thrown));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};
