/** The records on disk: written durably, read tolerantly, listed by container. */
import { existsSync, readdirSync, renameSync, rmdirSync } from "node:fs";
import type { Result } from "neverthrow";
import { type FileError, makeDirectory, readRegular, remove, writeDurably } from "../host/files.ts";
import { type ContainerId, type Ifname, parseContainerId, parseIfname } from "../net/address.ts";
import { attachmentsDir, brokenDir, containerDir, type Directories, lockPath, recordPath } from "./paths.ts";
import { type AttachmentRecord, parseRecord, type RecordDefect } from "./record.ts";

const mostBytes = 1024 * 1024;

/** What writeDurably leaves where it is killed between its two steps. The caller holds the container's lock, so nobody's at work. */
const removeTemporaries = (dirs: Directories, id: ContainerId): void => {
  const directory = containerDir(dirs, id);
  for (const name of names(directory)) if (/\.json\.\d+\.\d+\.tmp$/.test(name)) remove(`${directory}/${name}`);
};

/** The caller holds the container's lock. */
export const writeRecord = (dirs: Directories, record: AttachmentRecord): Result<void, FileError> => {
  removeTemporaries(dirs, record.id);
  return makeDirectory(containerDir(dirs, record.id)).andThen(() =>
    writeDurably(recordPath(dirs, record.id, record.ifname), `${JSON.stringify(record, null, 1)}\n`),
  );
};

export const readRecord = (
  dirs: Directories,
  id: ContainerId,
  ifname: Ifname,
): Result<AttachmentRecord, FileError | RecordDefect> =>
  readRegular(recordPath(dirs, id, ifname), mostBytes).andThen(parseRecord);

const names = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/** What there is of one container's records. A file that cannot be read stands beside the others with its defect. */
export type Listed =
  | { readonly ok: true; readonly record: AttachmentRecord }
  | { readonly ok: false; readonly ifname: Ifname; readonly path: string; readonly why: string };

/** Interfaces of a container that have a record. */
export const recordedInterfaces = (dirs: Directories, id: ContainerId): readonly Ifname[] =>
  names(containerDir(dirs, id)).flatMap((name) =>
    name.endsWith(".json") ? (parseIfname(name.slice(0, -5)) ?? []) : [],
  );

/** Null: there is none, or none any more. */
export const listRecord = (dirs: Directories, id: ContainerId, ifname: Ifname): Listed | null =>
  readRecord(dirs, id, ifname).match<Listed | null>(
    (record) => ({ ok: true, record }),
    (error) => {
      if (error.kind === "file" && error.code === "ENOENT") return null;
      const why = error.kind === "record" ? error.what : error.message;
      return { ok: false, ifname, path: recordPath(dirs, id, ifname), why };
    },
  );

/** Without the container's lock, a record may come or go at any moment: one that goes meanwhile is left out. */
export const recordsOf = (dirs: Directories, id: ContainerId): readonly Listed[] =>
  recordedInterfaces(dirs, id).flatMap((ifname) => listRecord(dirs, id, ifname) ?? []);

/** Ids of all containers that have a directory of records. */
export const recordedContainers = (dirs: Directories): readonly ContainerId[] =>
  names(attachmentsDir(dirs)).flatMap((name) => parseContainerId(name) ?? []);

const removeEmpty = (directory: string): void => {
  try {
    rmdirSync(directory);
  } catch {
    // Not empty: another attachment of the same container. Not there: nothing to do.
  }
};

/** Moves a record that cannot be read out of the way of its container's next life. */
export const keepBrokenRecord = (dirs: Directories, id: ContainerId, ifname: Ifname): void => {
  const path = recordPath(dirs, id, ifname);
  try {
    makeDirectory(brokenDir(dirs));
    renameSync(path, `${brokenDir(dirs)}/${id}.${ifname}.json`);
  } catch {
    remove(path);
  }
  removeEmpty(containerDir(dirs, id));
};

/** Takes a container's directory away where it holds no record (any more). The caller holds the container's lock. */
export const removeUnrecorded = (dirs: Directories, id: ContainerId): void => {
  removeTemporaries(dirs, id);
  removeEmpty(containerDir(dirs, id));
};

/** Removes a record, and the container's directory with the last one. Nothing there: success. */
export const removeRecord = (dirs: Directories, id: ContainerId, ifname: Ifname): void => {
  remove(recordPath(dirs, id, ifname));
  removeUnrecorded(dirs, id);
};

/** Whether there is a trace of a container: a directory, or the lock of a hook that works on it or was killed at it. */
export const isKnown = (dirs: Directories, id: ContainerId): boolean =>
  existsSync(containerDir(dirs, id)) || existsSync(lockPath(dirs, id));
