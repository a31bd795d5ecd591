/** Files that survive a crash, and files that are read without trusting what they are. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { err, ok, type Result } from "neverthrow";
import { thrownCode, thrownText } from "./errno.ts";
import { faultPoint } from "./fault.ts";

export type FileError = {
  readonly kind: "file";
  readonly path: string;
  readonly code: string;
  readonly message: string;
};

const failed = (path: string, thrown: unknown): FileError => ({
  kind: "file",
  path,
  code: thrownCode(thrown) ?? "",
  message: thrownText(thrown),
});

const writeAll = (fd: number, bytes: Uint8Array): void => {
  let done = 0;
  while (done < bytes.byteLength) done += writeSync(fd, bytes, done);
};

/** Makes the entries of a directory durable; a file system that cannot (EINVAL) has nothing to lose. */
const syncDirectory = (path: string): void => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

let serial = 0;

/**
 * Replaces `path` by `text`, all or nothing, also across power loss: temporary name, fsync, rename, fsync of the
 * directory. `mode` is the file's.
 */
export const writeDurably = (path: string, text: string, mode = 0o600): Result<void, FileError> => {
  serial += 1;
  const temporary = `${path}.${process.pid}.${serial}.tmp`;
  try {
    const fd = openSync(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      mode,
    );
    try {
      writeAll(fd, new TextEncoder().encode(text));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    faultPoint("temporary");
    renameSync(temporary, path);
    syncDirectory(dirname(path));
    return ok(undefined);
  } catch (thrown) {
    remove(temporary);
    return err(failed(path, thrown));
  }
};

/** Reads a regular file of at most `most` bytes as UTF-8. A FIFO, device or directory is an error and blocks nobody. */
export const readRegular = (path: string, most: number): Result<string, FileError> =>
  readRegularBytes(path, most).map((bytes) => new TextDecoder().decode(bytes));

/** The same as it is. */
export const readRegularBytes = (path: string, most: number): Result<Uint8Array, FileError> => {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (thrown) {
    return err(failed(path, thrown));
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) return err({ kind: "file", path, code: "EINVAL", message: `${path} is not a regular file` });
    const bytes = readUpTo(fd, most + 1);
    if (bytes.byteLength > most)
      return err({ kind: "file", path, code: "EFBIG", message: `${path} is larger than ${most} bytes` });
    return ok(bytes);
  } catch (thrown) {
    return err(failed(path, thrown));
  } finally {
    closeSync(fd);
  }
};

/** Replaces a file by one with the same mode and owner, all or nothing. Not synced: for what a reboot throws away. */
export const replaceKeepingOwner = (path: string, bytes: Uint8Array): Result<void, FileError> => {
  serial += 1;
  const temporary = `${path}.${process.pid}.${serial}.tmp`;
  try {
    const { mode, uid, gid } = statSync(path);
    const fd = openSync(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      writeAll(fd, bytes);
      fchownSync(fd, uid, gid);
      fchmodSync(fd, mode & 0o7777);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    return ok(undefined);
  } catch (thrown) {
    remove(temporary);
    return err(failed(path, thrown));
  }
};

/** Reads from the descriptor's offset to its end, at most `most` bytes. */
export const readUpTo = (fd: number, most: number): Uint8Array => {
  const pieces: Uint8Array[] = [];
  let total = 0;
  while (total < most) {
    const piece = new Uint8Array(Math.min(65536, most - total));
    const got = readSync(fd, piece, 0, piece.byteLength, null);
    if (got === 0) break;
    pieces.push(piece.subarray(0, got));
    total += got;
  }
  return Buffer.concat(pieces);
};

/** Removes a file; false where there was none. Other failures are reported by the caller's next look at the world. */
export const remove = (path: string): boolean => {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
};

export const makeDirectory = (path: string, mode = 0o700): Result<void, FileError> => {
  try {
    mkdirSync(path, { recursive: true, mode });
    return ok(undefined);
  } catch (thrown) {
    return err(failed(path, thrown));
  }
};
