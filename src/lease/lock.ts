/**
 * One lock per container id, so that hooks of different containers never wait for each other, and those of one
 * container never run side by side. flock(2): freed by the kernel however the holder ends.
 *
 * The lock file is removed by its holder; whoever had opened it meanwhile sees that the path names another inode (or
 * none) and opens anew, so that two holders can never hold two files of one name.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, statSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { errnoText, thrownText } from "../host/errno.ts";
import { makeDirectory, remove } from "../host/files.ts";
import { flock, LOCK_EX_NB } from "../host/libc.ts";
import type { ContainerId } from "../net/address.ts";
import { type Directories, lockPath, locksDir } from "./paths.ts";

export type LockError =
  | { readonly kind: "locked"; readonly id: ContainerId; readonly waitedMs: number }
  /** Told to stop, by what the signal's reason says, while it waited. */
  | { readonly kind: "stopped"; readonly by: string }
  | { readonly kind: "lock"; readonly path: string; readonly why: string };

export const lockErrorText = (error: LockError): string => {
  switch (error.kind) {
    case "locked":
      return `another berth has been working on this container for ${error.waitedMs} ms`;
    case "stopped":
      return `given up: stopped by ${error.by} while another berth was working on this container`;
    case "lock":
      return `could not lock ${error.path}: ${error.why}`;
  }
};

export type Lock = { readonly release: () => void };

const EWOULDBLOCK = 11;

const isStillThere = (fd: number, path: string): boolean => {
  try {
    return statSync(path, { bigint: true }).ino === fstatSync(fd, { bigint: true }).ino;
  } catch {
    return false;
  }
};

/** Takes the lock of `id`, waiting at most `limitMs` for its holder, and no longer than until `signal` is aborted. */
export const lockContainer = async (
  dirs: Directories,
  id: ContainerId,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Result<Lock, LockError>> => {
  const path = lockPath(dirs, id);
  const made = makeDirectory(locksDir(dirs));
  if (made.isErr()) return err({ kind: "lock", path, why: made.error.message });
  const started = performance.now();
  for (;;) {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    } catch (thrown) {
      return err({ kind: "lock", path, why: thrownText(thrown) });
    }
    const errno = flock(fd, LOCK_EX_NB);
    if (errno === 0 && isStillThere(fd, path)) {
      return ok({
        release: () => {
          remove(path);
          closeSync(fd);
        },
      });
    }
    closeSync(fd);
    if (errno !== 0 && errno !== EWOULDBLOCK) return err({ kind: "lock", path, why: errnoText(errno) });
    const waitedMs = Math.round(performance.now() - started);
    if (waitedMs >= limitMs) return err({ kind: "locked", id, waitedMs });
    if (signal?.aborted === true) return err({ kind: "stopped", by: String(signal.reason) });
    if (errno !== 0) await Bun.sleep(10);
  }
};

/**
 * Removes the files of locks that nobody holds: whoever held one was killed. A housekeeping of microseconds; who opens such a
 * file at this very moment sees that it is gone and makes a new one.
 */
export const removeStaleLocks = (dirs: Directories): void => {
  for (const name of namesIn(locksDir(dirs))) {
    const path = `${locksDir(dirs)}/${name}`;
    try {
      const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      if (flock(fd, LOCK_EX_NB) === 0 && isStillThere(fd, path)) remove(path);
      closeSync(fd);
    } catch {
      // It has just been removed by its holder, or is no lock of ours.
    }
  }
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).filter((name) => name.endsWith(".lock"));
  } catch {
    return [];
  }
};
