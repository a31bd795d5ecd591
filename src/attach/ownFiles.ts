/**
 * Files of berth's own that are mounted over a container's /etc/resolv.conf and /etc/hosts where its engine mounts none:
 * `<run-dir>/files/<id>/`. The image's own stay as they are, which may be read-only or shared with other containers.
 */
import { accessSync, closeSync, constants, fchownSync, fstatSync, openSync, rmdirSync, writeSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { thrownCode, thrownText } from "../host/errno.ts";
import { type FileError, makeDirectory, readUpTo, remove } from "../host/files.ts";
import { openInRoot } from "../host/libc.ts";
import { type Directories, ownFilesDir } from "../lease/paths.ts";
import type { ContainerId } from "../net/address.ts";
import type { ContainerFile } from "./containerFiles.ts";

const containerFiles: readonly ContainerFile[] = ["/etc/resolv.conf", "/etc/hosts"];
const mostBytes = 1024 * 1024;

/** What a container without one is taken to have. */
const defaults: Readonly<Record<ContainerFile, string>> = {
  "/etc/resolv.conf": "",
  "/etc/hosts": "127.0.0.1\tlocalhost\n::1\tlocalhost\n",
};

export const ownFilePath = (dirs: Directories, id: ContainerId, file: ContainerFile): string =>
  `${ownFilesDir(dirs, id)}/${file.slice("/etc/".length)}`;

/** What the image has in the file's place. */
export type ImageFile = {
  readonly text: Uint8Array;
  readonly uid: number;
  readonly gid: number;
};

const isReadOnly = (directory: string): boolean => {
  try {
    accessSync(directory, constants.W_OK);
    return false;
  } catch (thrown) {
    return thrownCode(thrown) === "EROFS";
  }
};

/** Null where nothing can be mounted there: it is no regular file, or it is missing and cannot be made. */
export const imageFile = (rootfs: string, file: ContainerFile): ImageFile | null => {
  const text = new TextEncoder().encode(defaults[file]);
  let directory: number;
  try {
    directory = openSync(rootfs, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return { text, uid: 0, gid: 0 };
  }
  let fd = -1;
  try {
    const { uid, gid } = fstatSync(directory);
    fd = openInRoot(directory, file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY, 0);
    if (fd < 0) return isReadOnly(rootfs) ? null : { text, uid, gid };
    const status = fstatSync(fd);
    if (!status.isFile() || status.size > mostBytes) return null;
    return { text: status.size === 0 ? text : readUpTo(fd, mostBytes), uid, gid };
  } catch {
    return null;
  } finally {
    if (fd >= 0) closeSync(fd);
    closeSync(directory);
  }
};

/** Makes the file, unless it is there: then it may be in use. Returns its path. */
export const makeOwnFile = (
  dirs: Directories,
  id: ContainerId,
  file: ContainerFile,
  { text, uid, gid }: ImageFile,
): Result<string, FileError> => {
  const path = ownFilePath(dirs, id, file);
  return makeDirectory(ownFilesDir(dirs, id)).andThen(() => {
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const fd = openSync(path, flags, 0o644);
      try {
        fchownSync(fd, uid, gid);
        let done = 0;
        while (done < text.byteLength) done += writeSync(fd, text, done);
      } finally {
        closeSync(fd);
      }
      return ok(path);
    } catch (thrown) {
      const code = thrownCode(thrown) ?? "";
      return code === "EEXIST" ? ok(path) : err({ kind: "file", path, code, message: thrownText(thrown) } as const);
    }
  });
};

/** The container is gone, or has never been. Idempotent. */
export const removeOwnFiles = (dirs: Directories, id: ContainerId): void => {
  for (const file of containerFiles) remove(ownFilePath(dirs, id, file));
  try {
    rmdirSync(ownFilesDir(dirs, id));
  } catch {
    // It was never made: the usual case.
  }
};
