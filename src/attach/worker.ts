/** What the MAC scheme and DUIDs need to know of this host (the worker). */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { type Ifname, type Ipv4, parseIpv4 } from "../net/address.ts";
import { defaultRouteInterface } from "../netns/interfaces.ts";

/** The worker's IPv4 address: the bridge's, else that of the default route's interface; null where it has neither. */
export const workerAddress = (bridge: Ifname): Ipv4 | null => {
  const interfaces = networkInterfaces();
  const of = (ifname: string | undefined): Ipv4 | undefined => {
    const entry = (ifname === undefined ? undefined : interfaces[ifname])?.find(({ family }) => family === "IPv4");
    return entry === undefined ? undefined : parseIpv4(entry.address);
  };
  return of(bridge) ?? of(defaultRouteInterface()) ?? null;
};

/** machine-id(5): 32 hex digits; null where the host has none. */
export const machineId = (): string | null => {
  for (const path of ["/etc/machine-id", "/var/lib/dbus/machine-id"]) {
    try {
      const text = readFileSync(path, "latin1").trim();
      if (/^[0-9a-f]{32}$/.test(text)) return text;
    } catch {
      // The next one.
    }
  }
  return null;
};
