/**
 * Which attachment of this host has a MAC: one file per MAC, so that containers which start at the same moment with the
 * same identity cannot both take the same address. A claim whose attachment has no record is void, so the record is
 * written *before* the claim is made. Deciding and writing happen under a lock on the directory, for microseconds.
 */
import { closeSync, constants, existsSync, openSync, writeFileSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { errnoText, thrownCode, thrownText } from "../host/errno.ts";
import { type FileError, makeDirectory, readRegular, remove } from "../host/files.ts";
import { flock, LOCK_EX_NB } from "../host/libc.ts";
import { type ContainerId, type Ifname, type Mac, parseContainerId, parseIfname } from "../net/address.ts";
import { claimPath, claimsDir, type Directories, recordPath } from "./paths.ts";

export type Owner = { readonly id: ContainerId; readonly ifname: Ifname };

const ownerOf = (text: string): Owner | undefined => {
  const [first = "", second = ""] = text.split("\n");
  const id = parseContainerId(first);
  const ifname = parseIfname(second);
  return id !== undefined && ifname !== undefined ? { id, ifname } : undefined;
};

const holderOf = (dirs: Directories, mac: Mac): Owner | undefined =>
  readRegular(claimPath(dirs, mac), 4096).map(ownerOf).unwrapOr(undefined);

const same = (a: Owner, b: Owner): boolean => a.id === b.id && a.ifname === b.ifname;

const lockLimitMs = 2000;

/** Runs `work` while no other process of ours looks at or changes the claims. */
const underLock = <T>(dirs: Directories, work: () => T): Result<T, FileError> => {
  const path = claimsDir(dirs);
  const made = makeDirectory(path);
  if (made.isErr()) return err(made.error);
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    const deadline = performance.now() + lockLimitMs;
    for (let errno = flock(fd, LOCK_EX_NB); errno !== 0; errno = flock(fd, LOCK_EX_NB)) {
      if (performance.now() > deadline)
        return err({ kind: "file", path, code: "EAGAIN", message: `lock ${path}: ${errnoText(errno)}` });
      Bun.sleepSync(0.2);
    }
    return ok(work());
  } catch (thrown) {
    return err({ kind: "file", path, code: thrownCode(thrown) ?? "", message: thrownText(thrown) });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};

/** True: the MAC is now `owner`'s, whose record exists already. False: another living attachment has it. */
export const claimMac = (dirs: Directories, mac: Mac, owner: Owner): Result<boolean, FileError> =>
  underLock(dirs, () => {
    const holder = holderOf(dirs, mac);
    if (holder !== undefined && !same(holder, owner) && existsSync(recordPath(dirs, holder.id, holder.ifname)))
      return false;
    writeFileSync(claimPath(dirs, mac), `${owner.id}\n${owner.ifname}\n`, { mode: 0o600 });
    return true;
  });

/** Gives the MAC back if it is `owner`'s. */
export const unclaimMac = (dirs: Directories, mac: Mac, owner: Owner): void => {
  underLock(dirs, () => {
    const holder = holderOf(dirs, mac);
    if (holder !== undefined && same(holder, owner)) remove(claimPath(dirs, mac));
  });
};

/** Removes a claim whose attachment has no record. False: it has one, or there is no such claim. */
export const removeVoidClaim = (dirs: Directories, mac: Mac): boolean =>
  underLock(dirs, () => {
    const holder = holderOf(dirs, mac);
    if (holder !== undefined && existsSync(recordPath(dirs, holder.id, holder.ifname))) return false;
    return remove(claimPath(dirs, mac));
  }).unwrapOr(false);
