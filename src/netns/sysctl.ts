/** net.ipv4 settings of the namespace that the calling thread is in: /proc/sys/net follows the thread. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Ifname } from "../net/address.ts";

type Key = "rp_filter" | "arp_notify" | "accept_local" | "promote_secondaries";

const path = (ifname: Ifname | "all", key: Key): string => `/proc/sys/net/ipv4/conf/${ifname}/${key}`;

/** The value, or null where this kernel or this mount does not have it. */
export const readSysctl = (ifname: Ifname | "all", key: Key): number | null => {
  try {
    return Number(readFileSync(path(ifname, key), "latin1"));
  } catch {
    return null;
  }
};

/** False where it could not be written (a read-only /proc/sys). */
export const writeSysctl = (ifname: Ifname | "all", key: Key, value: number): boolean => {
  try {
    writeFileSync(path(ifname, key), String(value));
    return true;
  } catch {
    return false;
  }
};
