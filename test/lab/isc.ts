/** ISC dhcpd(8) as the lab's DHCP server. */
import type { ServerLease, ServerOptions } from "./server.ts";

const octets = (text: string): readonly string[] => text.split(".");

/** RFC 3442: prefix length, the significant octets, the router. */
const classlessOctets = (routes: ServerOptions["classless"]): string =>
  routes
    .flatMap(([destination, router]) => {
      const [network = "", length = "0"] = destination.split("/");
      return [length, ...octets(network).slice(0, Math.ceil(Number(length) / 8)), ...octets(router)];
    })
    .join(", ");

export const iscConfiguration = (options: ServerOptions): string =>
  [
    ...(options.authoritative ? ["authoritative;"] : []),
    `ping-check ${options.pingCheck};`,
    `default-lease-time ${options.leaseSeconds};`,
    `max-lease-time ${options.leaseSeconds};`,
    `min-lease-time ${Math.min(options.leaseSeconds, 300)};`,
    "option classless code 121 = array of unsigned integer 8;",
    ...(options.behindRelay === null ? [] : [`subnet ${options.behindRelay}.0 netmask 255.255.255.0 { }`]),
    `subnet ${options.network}.0 netmask 255.255.255.0 {`,
    `  range ${options.network}.${options.first} ${options.network}.${options.last};`,
    ...(options.router === null ? [] : [`  option routers ${options.router};`]),
    ...(options.dns.length > 0 ? [`  option domain-name-servers ${options.dns.join(", ")};`] : []),
    ...(options.domain === null ? [] : [`  option domain-name "${options.domain}";`]),
    ...(options.search.length > 0
      ? [`  option domain-search ${options.search.map((name) => `"${name}"`).join(", ")};`]
      : []),
    ...(options.mtu === null ? [] : [`  option interface-mtu ${options.mtu};`]),
    ...(options.classless.length > 0 ? [`  option classless ${classlessOctets(options.classless)};`] : []),
    ...options.extra,
    "}",
    "",
  ].join("\n");

/** Blocks of dhcpd.leases(5); the last one about an address counts. */
export const iscLeases = (text: string): readonly ServerLease[] => {
  const last = new Map<string, ServerLease | null>();
  for (const [, ip = "", body = ""] of text.matchAll(/^lease ([\d.]+) \{\n([\s\S]*?)^\}/gm)) {
    const mac = /hardware ethernet ([0-9a-f:]+);/.exec(body)?.[1];
    const active = /^\s*binding state active;/m.test(body);
    last.set(ip, active && mac !== undefined ? { ip, mac } : null);
  }
  return [...last.values()].flatMap((lease) => lease ?? []);
};
