/** Addresses that somebody chose, `10.0.0.5/24@10.0.0.1`, several separated by commas; and the routes that go with them. */
import { err, ok, type Result } from "neverthrow";
import type { Route } from "../dhcp/lease.ts";
import { quote } from "../log/quote.ts";
import {
  type Cidr,
  type Ipv4,
  inPrefix,
  ipv4FromNumber,
  ipv4ToNumber,
  isHostAddress,
  netmask,
  parseIpv4,
} from "../net/address.ts";
import type { Addressing } from "./types.ts";

type Parsed = { readonly address: Ipv4; readonly prefix: number; readonly gateway: Ipv4 | null };
type Static = Extract<Addressing, { kind: "static" }>;

/** Completes "expected …". */
export const addressingGrammar = "'dhcp' or ADDRESS/PREFIX[@GATEWAY][,...], like 10.0.0.5/24@10.0.0.1";
const mostAddresses = 16;

/** Network and broadcast address of a prefix belong to no host; with /31 (RFC 3021) and /32 there are none. */
const isHostIn = (address: Ipv4, prefix: number): boolean => {
  if (!isHostAddress(address)) return false;
  const host = (ipv4ToNumber(address) & ~netmask(prefix)) >>> 0;
  return prefix >= 31 || (host !== 0 && host !== ~netmask(prefix) >>> 0);
};

const parsePrefix = (text: string): { readonly address: Ipv4; readonly prefix: number } | undefined => {
  const match = /^([0-9.]{7,15})\/(0|[1-9][0-9]?)$/.exec(text);
  const address = parseIpv4(match?.[1] ?? "");
  const prefix = Number(match?.[2]);
  return address === undefined || prefix > 32 ? undefined : { address, prefix };
};

const parseOne = (text: string): Result<Parsed, string> => {
  const [first = "", second, ...more] = text.split("@");
  const own = parsePrefix(first);
  const gateway = second === undefined ? null : parseIpv4(second);
  if (own === undefined || gateway === undefined || more.length > 0 || own.prefix === 0) return err(addressingGrammar);
  const { address, prefix } = own;
  if (!isHostIn(address, prefix)) return err(`an address that a host can have (${address}/${prefix} is none)`);
  if (gateway === null) return ok({ address, prefix, gateway });
  const onLink = inPrefix(gateway, address, prefix);
  if (gateway === address || !(onLink ? isHostIn(gateway, prefix) : isHostAddress(gateway)))
    return err(`a gateway that ${address}/${prefix} can have (${gateway} is none)`);
  return ok({ address, prefix, gateway });
};

const everything = "0.0.0.0/0" as Cidr;
const hostRoute = (address: Ipv4): Route => ({ to: `${address}/32` as Cidr, via: null });

const split = (cidr: Cidr): { readonly address: Ipv4; readonly prefix: number } =>
  parsePrefix(cidr) ?? { address: "0.0.0.0" as Ipv4, prefix: 33 };

/** True where `address` is on the link by one of our own prefixes or by a route without a next hop. */
const reaches = ({ addresses, routes }: Static, address: Ipv4): boolean =>
  [...addresses, ...routes.filter(({ via }) => via === null).map(({ to }) => to)]
    .map(split)
    .some((onLink) => onLink.prefix <= 32 && inPrefix(address, onLink.address, onLink.prefix));

/**
 * `addressing` with more routes behind those it has. A next hop that is not on the link gets an on-link route of its own
 * first; a destination that is there already is left out, because the first one counts.
 */
export const withRoutes = (addressing: Static, more: readonly Route[]): Static => {
  const routes = [...addressing.routes];
  for (const route of more) {
    if (routes.some(({ to }) => to === route.to)) continue;
    const via = route.via === null ? undefined : parseIpv4(route.via);
    if (via !== undefined && !reaches({ ...addressing, routes }, via)) routes.push(hostRoute(via));
    routes.push(route);
  }
  return { ...addressing, routes };
};

/**
 * `dhcp`, or one or more IPv4 addresses, of which at most one gateway makes the default route. The error completes
 * "expected …".
 */
export const parseAddressing = (text: string): Result<Addressing, string> => {
  if (text === "dhcp") return ok({ kind: "dhcp" });
  const parts = text.split(",", mostAddresses + 1);
  if (parts.length > mostAddresses) return err(`at most ${mostAddresses} addresses`);
  const parsed: Parsed[] = [];
  for (const part of parts) {
    const one = parseOne(part);
    if (one.isErr()) return err(one.error);
    parsed.push(one.value);
  }
  const own = new Set<string>(parsed.map(({ address }) => address));
  if (own.size < parsed.length) return err("addresses that differ");
  const gateways = [...new Set(parsed.flatMap(({ gateway }) => gateway ?? []))];
  const [gateway] = gateways;
  if (gateways.length > 1) return err("one gateway, because there is one default route");
  if (gateway !== undefined && own.has(gateway)) return err(`a gateway that is not the container itself (${gateway})`);
  const addresses = parsed.map(({ address, prefix }) => `${address}/${prefix}` as Cidr);
  const through: readonly Route[] = gateway === undefined ? [] : [{ to: everything, via: gateway }];
  return ok(withRoutes({ kind: "static", addresses, routes: [] }, through));
};

export type ExtraRouteError = { readonly at: number; readonly message: string };

/** The `routes` of a network. `via` left out: the destination is on the link. The error completes "expected …". */
export const parseExtraRoutes = (
  entries: readonly { readonly to: string; readonly via?: string | undefined }[],
): Result<readonly Route[], ExtraRouteError> => {
  const routes: Route[] = [];
  for (const [at, { to, via }] of entries.entries()) {
    const destination = parsePrefix(to);
    const hop = via === undefined ? null : parseIpv4(via);
    if (destination === undefined)
      return err({ at, message: `"to" to be an IPv4 prefix like 10.1.0.0/16, not ${quote(to)}` });
    const network = ipv4FromNumber((ipv4ToNumber(destination.address) & netmask(destination.prefix)) >>> 0);
    if (network !== destination.address)
      return err({ at, message: `"to" without host bits, ${network}/${destination.prefix}, not ${quote(to)}` });
    if (hop === undefined || (hop !== null && !isHostAddress(hop)))
      return err({ at, message: `"via" to be a host's IPv4 address, not ${quote(via ?? "")}` });
    if (routes.some((route) => route.to === to)) return err({ at, message: `one route to ${to}, not two` });
    routes.push({ to: to as Cidr, via: hop });
  }
  return ok(routes);
};
