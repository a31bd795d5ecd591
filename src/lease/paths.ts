/** Where berth keeps what it knows. Every part that comes from outside is a parsed type that is safe in a path. */
import type { ContainerId, Ifname, Mac } from "../net/address.ts";

/** `runDir` is gone after a reboot (default /run/berth), `stateDir` is not (default /var/lib/berth). */
export type Directories = { readonly runDir: string; readonly stateDir: string };

export const attachmentsDir = (dirs: Directories): string => `${dirs.runDir}/attachments`;
export const containerDir = (dirs: Directories, id: ContainerId): string => `${attachmentsDir(dirs)}/${id}`;
export const recordPath = (dirs: Directories, id: ContainerId, ifname: Ifname): string =>
  `${containerDir(dirs, id)}/${ifname}.json`;
export const locksDir = (dirs: Directories): string => `${dirs.runDir}/locks`;
export const lockPath = (dirs: Directories, id: ContainerId): string => `${locksDir(dirs)}/${id}.lock`;
export const claimsDir = (dirs: Directories): string => `${dirs.runDir}/macs`;
export const claimPath = (dirs: Directories, mac: Mac): string => `${claimsDir(dirs)}/${mac}`;
/** Files that are mounted into the container where its engine mounts none. */
export const ownFilesDir = (dirs: Directories, id: ContainerId): string => `${dirs.runDir}/files/${id}`;
export const identitiesDir = (dirs: Directories): string => `${dirs.stateDir}/identities`;

/** Records that could not be read, moved out of the way. */
export const brokenDir = (dirs: Directories): string => `${dirs.runDir}/broken`;
