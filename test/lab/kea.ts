/** Kea's kea-dhcp4(8) as the lab's DHCP server. */
import type { ServerLease, ServerOptions } from "./server.ts";

const option = (name: string, data: string) => ({ name, data });

const classlessHex = (routes: ServerOptions["classless"]): string =>
  routes
    .flatMap(([destination, router]) => {
      const [network = "", length = "0"] = destination.split("/");
      const significant = network.split(".").slice(0, Math.ceil(Number(length) / 8));
      return [length, ...significant, ...router.split(".")];
    })
    .map((octet) => Number(octet).toString(16).padStart(2, "0"))
    .join("");

const subnetOf = ({ network, first, last, wide }: ServerOptions) => {
  const two = network.split(".").slice(0, 2).join(".");
  return wide === true
    ? { subnet: `${two}.0.0/16`, pools: [{ pool: `${two}.1.0 - ${two}.8.255` }] }
    : { subnet: `${network}.0/24`, pools: [{ pool: `${network}.${first} - ${network}.${last}` }] };
};

export const keaConfiguration = (options: ServerOptions, directory: string): string =>
  JSON.stringify({
    Dhcp4: {
      "interfaces-config": {
        interfaces: [options.interface],
        "dhcp-socket-type": options.behindRelay === null ? "raw" : "udp",
      },
      "lease-database": { type: "memfile", persist: true, name: `${directory}/leases`, "lfc-interval": 0 },
      "valid-lifetime": options.leaseSeconds,
      authoritative: options.authoritative,
      subnet4: [
        {
          id: 1,
          ...subnetOf(options),
          "option-data": [
            ...(options.router === null ? [] : [option("routers", options.router)]),
            ...(options.dns.length > 0 ? [option("domain-name-servers", options.dns.join(", "))] : []),
            ...(options.domain === null ? [] : [option("domain-name", options.domain)]),
            ...(options.search.length > 0 ? [option("domain-search", options.search.join(", "))] : []),
            ...(options.mtu === null ? [] : [option("interface-mtu", String(options.mtu))]),
            ...(options.classless.length > 0
              ? [{ code: 121, space: "dhcp4", "csv-format": false, data: classlessHex(options.classless) }]
              : []),
          ],
        },
      ],
      ...(options.classless.length > 0
        ? { "option-def": [{ name: "classless", code: 121, space: "dhcp4", type: "binary" }] }
        : {}),
      loggers: [
        {
          name: "kea-dhcp4",
          severity: "DEBUG",
          debuglevel: 40,
          output_options: [{ output: `${directory}/log`, flush: true }],
        },
      ],
    },
  });

/** The memfile is a journal: the last row about an address counts; a lifetime of 0 is a lease that was given back. */
export const keaLeases = (text: string): readonly ServerLease[] => {
  const last = new Map<string, ServerLease | null>();
  for (const row of text.split("\n").slice(1)) {
    const [ip, mac, , lifetime, , , , , , state] = row.split(",");
    if (!ip || !mac) continue;
    last.set(ip, lifetime !== "0" && state === "0" ? { ip, mac } : null);
  }
  return [...last.values()].flatMap((lease) => lease ?? []);
};
