/**
 * From what a server said (DHCPACK, or a DHCPOFFER that is being weighed) to a lease that can be applied as it stands
 * (RFC 2131 §4.3.1, RFC 2132, RFC 3442). A server's slip in something optional is left out; one in the address itself is a defect.
 */
import { err, ok, type Result } from "neverthrow";
import {
  type Hostname,
  type Ipv4,
  inPrefix,
  ipv4ToNumber,
  isHostAddress,
  netmask,
  parseCidr,
  prefixOfMask,
} from "../net/address.ts";
import type { Lease, Route } from "./lease.ts";
import type { Message } from "./message.ts";
import { dnsServers, routers, serverId, subnetMask } from "./options/address.ts";
import { domainSearch } from "./options/domainSearch.ts";
import { interfaceMtu, leaseTime, rebindingTime, renewalTime } from "./options/integer.ts";
import { type RawOptions, read } from "./options/option.ts";
import { classlessRoutes, staticRoutes, type WireRoute } from "./options/routes.ts";
import { domainName } from "./options/text.ts";

/** Why an ACK or an OFFER is no lease. */
export type LeaseDefect =
  | { readonly kind: "no-server" }
  | { readonly kind: "no-mask" }
  | { readonly kind: "bad-mask"; readonly mask: Ipv4 }
  | { readonly kind: "bad-address"; readonly address: Ipv4 }
  /** The server is by its own word at the address that it grants: a RELEASE would never leave the client. */
  | { readonly kind: "own-server"; readonly address: Ipv4 }
  | { readonly kind: "no-lease-time" };

/** A lease time that never ends, in seconds (RFC 2131 §3.3). */
export const FOREVER = 0xffffffff;

const MOST_ROUTES = 64;
const MOST_DNS = 8;
/** Every IPv4 host takes 576 octets (RFC 791 §3.2); less than that is a slip, less than 68 not even legal (RFC 2132 §5.1). */
const LEAST_MTU = 576;

/** Seconds: a T1 under this would have every container send all the time. */
const LEAST_T1 = 2;

/** An address that a host on this prefix may have: neither the network's own nor its broadcast address (not so for /31, /32). */
const isHostIn = (address: Ipv4, prefix: number): boolean => {
  if (!isHostAddress(address)) return false;
  if (prefix > 30) return true;
  const host = (ipv4ToNumber(address) & ~netmask(prefix)) >>> 0;
  return host !== 0 && host !== ~netmask(prefix) >>> 0;
};

/** RENEWING and REBINDING in seconds; options 58 and 59 where 2 s ≤ T1 < T2 < lease, else 0.5 and 0.875 (RFC 2131 §4.4.5). */
const renewalTimes = (
  options: RawOptions,
  lease: number,
): { readonly t1Seconds: number; readonly t2Seconds: number } => {
  if (lease === FOREVER) return { t1Seconds: FOREVER, t2Seconds: FOREVER };
  // Whole seconds, save for a lease of one or two, which has no two of them left.
  const whole = (seconds: number) => (lease < 3 ? seconds : Math.floor(seconds));
  const t1Default = whole(lease * 0.5);
  const t2Default = whole(lease * 0.875);
  const t1 = read(options, renewalTime) ?? t1Default;
  const t2 = read(options, rebindingTime) ?? t2Default;
  const sane = t1 >= Math.min(t1Default, LEAST_T1) && t1 < t2 && t2 < lease;
  return sane ? { t1Seconds: t1, t2Seconds: t2 } : { t1Seconds: t1Default, t2Seconds: t2Default };
};

/** Option 121 alone where there is one (RFC 3442); else option 33, then the first router of option 3 that can be one. */
const wireRoutes = (options: RawOptions, usable: (via: Ipv4) => boolean): readonly WireRoute[] => {
  const classless = read(options, classlessRoutes);
  if (classless !== undefined) return classless;
  const router = (read(options, routers) ?? []).find(usable);
  const byDefault: readonly WireRoute[] =
    router === undefined ? [] : [{ to: "0.0.0.0" as Ipv4, prefix: 0, via: router }];
  return [...(read(options, staticRoutes) ?? []), ...byDefault];
};

/**
 * The routes in the order of installation, each destination once. The prefix's own route is the kernel's and is left out; a router
 * off the prefix comes after an on-link route to it.
 */
const routesOf = (options: RawOptions, address: Ipv4, prefix: number): readonly Route[] => {
  const usable = (via: Ipv4) =>
    via !== address && (inPrefix(via, address, prefix) ? isHostIn(via, prefix) : isHostAddress(via));
  const routes: Route[] = [];
  const seen = new Set<string>([`${address}/32`]);
  const connected: { readonly to: Ipv4; readonly prefix: number }[] = [{ to: address, prefix }];
  const reachable = (via: Ipv4) => connected.some((link) => inPrefix(via, link.to, link.prefix));
  const add = (to: Ipv4, length: number, via: Ipv4 | null) => {
    const cidr = parseCidr(`${to}/${length}`);
    if (cidr === undefined || seen.has(cidr)) return;
    seen.add(cidr);
    routes.push({ to: cidr, via });
    if (via === null) connected.push({ to, prefix: length });
  };
  for (const { to, prefix: length, via } of wireRoutes(options, usable)) {
    const own = length === prefix && inPrefix(to, address, prefix);
    const loopback = length >= 8 && to.startsWith("127.");
    if (own || loopback) continue;
    if (via === "0.0.0.0") {
      if (routes.length < MOST_ROUTES) add(to, length, null);
    } else if (usable(via) && routes.length < MOST_ROUTES - 1) {
      if (!reachable(via)) add(via, 32, null);
      add(to, length, via);
    }
  }
  return routes;
};

const dnsOf = (options: RawOptions): readonly Ipv4[] => {
  const fine = (read(options, dnsServers) ?? []).filter((server) => {
    const value = ipv4ToNumber(server);
    return value >= 0x01000000 && value < 0xe0000000;
  });
  return [...new Set(fine)].slice(0, MOST_DNS);
};

/** The lease in an ACK, or what keeps it from being one. */
export const leaseFromAck = (ack: Message): Result<Lease, LeaseDefect> => {
  const { options, yiaddr: address } = ack;
  const server = read(options, serverId);
  if (server === undefined || !isHostAddress(server)) return err({ kind: "no-server" });
  const mask = read(options, subnetMask);
  if (mask === undefined) return err({ kind: "no-mask" });
  const prefix = prefixOfMask(mask);
  if (prefix === undefined || prefix === 0) return err({ kind: "bad-mask", mask });
  if (!isHostIn(address, prefix)) return err({ kind: "bad-address", address });
  if (address === server) return err({ kind: "own-server", address });
  const leaseSeconds = read(options, leaseTime) ?? 0;
  if (leaseSeconds === 0) return err({ kind: "no-lease-time" });
  const mtu = read(options, interfaceMtu) ?? 0;
  const domain: Hostname | null = read(options, domainName) ?? null;
  return ok({
    address,
    prefix,
    routes: routesOf(options, address, prefix),
    dns: dnsOf(options),
    domain,
    search: read(options, domainSearch) ?? [],
    mtu: mtu >= LEAST_MTU ? mtu : null,
    leaseSeconds,
    ...renewalTimes(options, leaseSeconds),
    server,
  });
};
