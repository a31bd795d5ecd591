/**
 * The last address of whoever comes back with the same MAC (a container with an identity, or with a chosen MAC), kept
 * across reboots: the next start asks for it at once (INIT-REBOOT, RFC 2131 §3.2).
 *
 * Losing an entry costs one round trip, so it is written whole (by rename) but not synced: a container's start does not
 * wait for the disk.
 */
import { renameSync, writeFileSync } from "node:fs";
import { makeDirectory, readRegular, remove } from "../host/files.ts";
import { type Ipv4, type Mac, parseIpv4 } from "../net/address.ts";
import { type Directories, identitiesDir } from "./paths.ts";

export type Remembered = { readonly address: Ipv4; readonly server: Ipv4 | null };

const pathOf = (dirs: Directories, network: string, mac: Mac): string =>
  `${identitiesDir(dirs)}/${network}-${mac.replaceAll(":", "")}.json`;

/** Null where nothing is remembered or the file makes no sense. */
export const recallAddress = (dirs: Directories, network: string, mac: Mac): Remembered | null =>
  readRegular(pathOf(dirs, network, mac), 4096)
    .map((text): Remembered | null => {
      try {
        const value: unknown = JSON.parse(text);
        if (typeof value !== "object" || value === null || !("address" in value)) return null;
        const address = parseIpv4(String(value.address));
        const server = "server" in value ? parseIpv4(String(value.server)) : undefined;
        return address === undefined ? null : { address, server: server ?? null };
      } catch {
        return null;
      }
    })
    .unwrapOr(null);

/** Best effort: an entry that cannot be written is only not there next time. */
export const rememberAddress = (dirs: Directories, network: string, mac: Mac, entry: Remembered): void => {
  const before = recallAddress(dirs, network, mac);
  if (before?.address === entry.address && before.server === entry.server) return;
  const path = pathOf(dirs, network, mac);
  const temporary = `${path}.${process.pid}.tmp`;
  if (makeDirectory(identitiesDir(dirs)).isErr()) return;
  try {
    writeFileSync(temporary, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    remove(temporary);
  }
};

export const forgetAddress = (dirs: Directories, network: string, mac: Mac): void => {
  remove(pathOf(dirs, network, mac));
};
