/**
 * One keeper a run directory: whoever holds the lock on `<run-dir>/keeper.pid`, which also holds its pid. The lock goes
 * with the process, however it ends; the file stays, because somebody may have it open.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, statSync, writeSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { errnoText, thrownText } from "../host/errno.ts";
import { makeDirectory, readRegular } from "../host/files.ts";
import { flock, LOCK_EX_NB, LOCK_SH_NB } from "../host/libc.ts";
import type { Directories } from "../lease/paths.ts";

export const keeperPidPath = (dirs: Directories): string => `${dirs.runDir}/keeper.pid`;

const EWOULDBLOCK = 11;

export type Held = {
  /** False once the file has been removed or replaced: somebody else may be the keeper now. */
  readonly stillOurs: () => boolean;
};

/** Becomes the keeper. An error is a sentence. */
export const becomeKeeper = (dirs: Directories): Result<Held, string> => {
  const path = keeperPidPath(dirs);
  const made = makeDirectory(dirs.runDir);
  if (made.isErr()) return err(made.error.message);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  } catch (thrown) {
    return err(thrownText(thrown));
  }
  let errno = flock(fd, LOCK_EX_NB);
  // Somebody who only asks whether there is a keeper holds it for microseconds.
  for (let attempt = 0; attempt < 5 && errno === EWOULDBLOCK; attempt += 1) {
    Bun.sleepSync(3);
    errno = flock(fd, LOCK_EX_NB);
  }
  if (errno !== 0) {
    closeSync(fd);
    if (errno !== EWOULDBLOCK) return err(`could not lock ${path}: ${errnoText(errno)}`);
    return err(
      `another keeper is running (pid ${keeperPid(dirs) ?? "unknown"}) for ${dirs.runDir}: there must be one only`,
    );
  }
  const { ino, dev } = fstatSync(fd);
  ftruncateSync(fd, 0);
  writeSync(fd, `${process.pid}\n`, 0);
  return ok({
    stillOurs: () => {
      const now = statSync(path, { throwIfNoEntry: false });
      return now !== undefined && now.ino === ino && now.dev === dev;
    },
  });
};

/** The pid of the keeper that runs; null: none does. */
export const keeperPid = (dirs: Directories): number | null => {
  const path = keeperPidPath(dirs);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
  try {
    if (flock(fd, LOCK_SH_NB) === 0) return null;
  } finally {
    closeSync(fd);
  }
  const pid = Number(readRegular(path, 64).unwrapOr("").trim());
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
};
