/** Reading what is to be changed, and changing it: a backup beside it, then all or nothing. */
import { chmodSync, chownSync, copyFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { err, ok, type Result } from "neverthrow";
import { thrownText } from "../host/errno.ts";
import { makeDirectory, readRegular, remove, writeDurably } from "../host/files.ts";
import type { Change } from "./change.ts";

const most = 4 * 1024 * 1024;

/** Null: there is no such file. The error is a sentence. */
export const readText = (file: string): Result<string | null, string> =>
  readRegular(file, most)
    .map((text): string | null => text)
    .orElse((error) => (error.code === "ENOENT" ? ok(null) : err(`${file} cannot be read: ${error.message}`)));

/** A symbolic link is followed: whoever made it wants the file where it points. */
const realFile = (file: string): string => {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
};

const stamp = (): string => new Date().toISOString().replace(/[-:]/g, "").slice(0, 15);

/** Writes one change. Returns where the backup is; null: there was nothing to keep. The error is a sentence. */
export const writeChange = ({ file, before, after }: Change): Result<string | null, string> => {
  const real = realFile(file);
  const backup = before === null ? null : `${real}.berth-backup-${stamp()}`;
  try {
    const status = statSync(real, { throwIfNoEntry: false });
    if (backup !== null) {
      copyFileSync(real, backup);
      if (status !== undefined) chownSync(backup, status.uid, status.gid);
    }
    if (after === null) {
      remove(real);
      return ok(backup);
    }
    const made = makeDirectory(dirname(real), 0o755);
    if (made.isErr()) return err(made.error.message);
    const written = writeDurably(real, after, status === undefined ? 0o644 : status.mode & 0o7777);
    if (written.isErr()) return err(written.error.message);
    if (status !== undefined) {
      chownSync(real, status.uid, status.gid);
      chmodSync(real, status.mode & 0o7777);
    }
    return ok(backup);
  } catch (thrown) {
    return err(thrownText(thrown));
  }
};
