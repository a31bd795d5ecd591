/** Addresses that somebody chose: `10.0.0.5/24@10.0.0.1`, several separated by commas. */
import { err, ok, type Result } from "neverthrow";
import type { Route } from "../dhcp/lease.ts";
import { type Cidr, type Ipv4, inPrefix, ipv4ToNumber, isHostAddress, netmask, parseIpv4 } from "../net/address.ts";
import type { Addressing } from "./types.ts";

type Parsed = { readonly address: Ipv4; readonly prefix: number; readonly gateway: Ipv4 | null };

const grammar = "expected 'dhcp' or ADDRESS/PREFIX[@GATEWAY], like 10.0.0.5/24@10.0.0.1";

/** Network and broadcast address of a prefix belong to no host; with /31 (RFC 3021) and /32 there are none. */
const isHostIn = (address: Ipv4, prefix: number): boolean => {
  if (!isHostAddress(address)) return false;
  const host = (ipv4ToNumber(address) & ~netmask(prefix)) >>> 0;
  return prefix >= 31 || (host !== 0 && host !== ~netmask(prefix) >>> 0);
};

const parseOne = (text: string): Result<Parsed, string> => {
  const match = /^([0-9.]{7,15})\/([1-9][0-9]?)(?:@([0-9.]{7,15}))?$/.exec(text);
  const address = parseIpv4(match?.[1] ?? "");
  const prefix = Number(match?.[2] ?? 99);
  const gateway = match?.[3] === undefined ? null : parseIpv4(match[3]);
  if (address === undefined || gateway === undefined || prefix > 32) return err(grammar);
  if (!isHostIn(address, prefix)) return err(`${address}/${prefix} is not the address of a host`);
  if (gateway !== null && (gateway === address || !isHostAddress(gateway)))
    return err(`${gateway} cannot be the gateway of ${address}`);
  return ok({ address, prefix, gateway });
};

const everything = "0.0.0.0/0" as Cidr;

/** A gateway off the prefix gets an on-link route first. */
const routesThrough = ({ address, prefix, gateway }: Parsed): readonly Route[] => {
  if (gateway === null) return [];
  const onLink = inPrefix(gateway, address, prefix) ? [] : [{ to: `${gateway}/32` as Cidr, via: null }];
  return [...onLink, { to: everything, via: gateway }];
};

/** `dhcp`, or one or more addresses of which the first gateway makes the default route. The error is a sentence. */
export const parseAddressing = (text: string): Result<Addressing, string> => {
  if (text === "dhcp") return ok({ kind: "dhcp" });
  const parts = text.split(",");
  if (parts.length > 16) return err("at most 16 addresses");
  const parsed: Parsed[] = [];
  for (const part of parts) {
    const one = parseOne(part);
    if (one.isErr()) return err(one.error);
    if (parsed.some(({ address }) => address === one.value.address)) return err(`${one.value.address} is there twice`);
    parsed.push(one.value);
  }
  const first = parsed.find(({ gateway }) => gateway !== null);
  return ok({
    kind: "static",
    addresses: parsed.map(({ address, prefix }) => `${address}/${prefix}` as Cidr),
    routes: first === undefined ? [] : routesThrough(first),
  });
};
