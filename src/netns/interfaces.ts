/** What is in the network namespace that the calling thread is in, read from /proc/self/net without a process. */
import { readFileSync } from "node:fs";
import type { Ifname } from "../net/address.ts";

/**
 * Devices that some kernel modules put into **every** new namespace (`net.core.fb_tunnels_only_for_init_net`, kernel
 * Documentation/admin-guide/sysctl/net.rst). They carry nothing and prove no driver.
 */
const fallbackTunnels = new Set([
  "tunl0",
  "gre0",
  "gretap0",
  "erspan0",
  "sit0",
  "ip6tnl0",
  "ip6gre0",
  "ip_vti0",
  "ip6_vti0",
  "ip6gretap0",
]);

const allNames = (): readonly string[] =>
  readFileSync("/proc/self/net/dev", "latin1")
    .split("\n")
    .slice(2)
    .map((row) => row.slice(0, row.lastIndexOf(":")).trim())
    .filter((name) => name !== "");

export const hasInterface = (ifname: Ifname): boolean => allNames().includes(ifname);

/** Names of all interfaces but `lo` and the kernel's own fallback tunnels. */
export const interfaceNames = (): readonly string[] =>
  allNames().filter((name) => name !== "lo" && !fallbackTunnels.has(name));

/** The neighbour table, IPv4: address, MAC and whether the entry is complete. */
export const neighbours = (): readonly { address: string; mac: string; complete: boolean }[] =>
  readFileSync("/proc/self/net/arp", "latin1")
    .split("\n")
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .flatMap(([address, , flags, mac]) =>
      address && flags && mac ? [{ address, mac: mac.toLowerCase(), complete: (Number(flags) & 2) !== 0 }] : [],
    );

/** The interface of the default route with the lowest metric (/proc/net/route; fields as in route(8)). */
export const defaultRouteInterface = (): string | undefined => {
  try {
    return readFileSync("/proc/self/net/route", "latin1")
      .split("\n")
      .slice(1)
      .map((row) => row.split("\t"))
      .filter((fields) => fields[1] === "00000000" && fields[7] === "00000000")
      .sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
  } catch {
    return undefined;
  }
};
