/** The text of resolv.conf(5) and the container's line in hosts(5). */
import type { Hostname, Ipv4, Ipv6 } from "../net/address.ts";

export type NameService = {
  readonly dns: readonly (Ipv4 | Ipv6)[];
  readonly search: readonly Hostname[];
};

/** resolv.conf for these servers. The C library reads three servers and six search domains; more do no harm. */
export const resolvConf = ({ dns, search }: NameService, network: string): string =>
  [
    `# Written by berth for the network ${network}.`,
    ...(search.length > 0 ? [`search ${search.join(" ")}`] : []),
    ...dns.map((server) => `nameserver ${server}`),
    "",
  ].join("\n");

const mark = "# berth";

/** `before` without the line that berth wrote for this interface. */
export const hostsWithout = (before: string, ifname: string): string =>
  before
    .split("\n")
    .filter((row) => !row.endsWith(`${mark} ${ifname}`))
    .join("\n");

/** `before` with the container's own line, in the place of one that berth wrote earlier for this interface. */
export const hostsWith = (before: string, address: Ipv4 | Ipv6, hostname: Hostname, ifname: string): string => {
  const start = before.trim() === "" ? "127.0.0.1\tlocalhost\n::1\tlocalhost\n" : before;
  const kept = hostsWithout(start, ifname).split("\n");
  while (kept.at(-1) === "") kept.pop();
  const short = hostname.split(".")[0];
  const names = short !== undefined && short !== hostname ? `${hostname} ${short}` : hostname;
  return [...kept, `${address}\t${names}\t${mark} ${ifname}`, ""].join("\n");
};
