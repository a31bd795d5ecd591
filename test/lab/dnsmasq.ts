/** dnsmasq(8) as the lab's DHCP and DNS server. */
import type { ServerLease, ServerOptions } from "./server.ts";

export const dnsmasqArguments = (options: ServerOptions, directory: string): readonly string[] => [
  "--conf-file=/dev/null",
  "--keep-in-foreground",
  "--user=root",
  "--no-resolv",
  "--no-hosts",
  "--log-dhcp",
  `--log-facility=${directory}/log`,
  `--pid-file=${directory}/pid`,
  `--dhcp-leasefile=${directory}/leases`,
  `--interface=${options.interface}`,
  "--bind-interfaces",
  `--dhcp-range=${options.network}.${options.first},${options.network}.${options.last},255.255.255.0,${options.leaseSeconds}`,
  ...(options.authoritative ? ["--dhcp-authoritative"] : []),
  ...(options.pingCheck ? [] : ["--no-ping"]),
  `--dhcp-option=option:router${options.router === null ? "" : `,${options.router}`}`,
  ...(options.dns.length > 0 ? [`--dhcp-option=option:dns-server,${options.dns.join(",")}`] : []),
  ...(options.domain === null ? [] : [`--domain=${options.domain}`]),
  ...(options.search.length > 0 ? [`--dhcp-option=option:domain-search,${options.search.join(",")}`] : []),
  ...(options.mtu === null ? [] : [`--dhcp-option=option:mtu,${options.mtu}`]),
  ...(options.classless.length > 0 ? [`--dhcp-option=121,${options.classless.flat().join(",")}`] : []),
  ...options.extra,
];

/** Lines of the lease file: expiry, MAC, address, host name, client identifier. */
export const dnsmasqLeases = (text: string): readonly ServerLease[] =>
  text
    .split("\n")
    .map((row) => row.split(" "))
    .flatMap(([, mac, ip]) => (mac?.includes(":") && ip ? [{ ip, mac: mac.toLowerCase() }] : []));
