/**
 * What a DHCP server granted (RFC 2131 §3.1, RFC 2132), in the types that the rest of berth applies and records.
 * Lists are of either family where IPv6 will add to them later.
 */
import type { Cidr, Hostname, Ipv4, Ipv6 } from "../net/address.ts";

/** One route. `via` null: the destination is on the link. */
export type Route = { readonly to: Cidr; readonly via: Ipv4 | Ipv6 | null };

export const isDefault = ({ to }: Route): boolean => to === "0.0.0.0/0" || to === "::/0";

export type Lease = {
  readonly address: Ipv4;
  /** Prefix length, 1–32. */
  readonly prefix: number;
  /** In the order they are to be installed; a router off the prefix is preceded by its own on-link route. */
  readonly routes: readonly Route[];
  readonly dns: readonly (Ipv4 | Ipv6)[];
  readonly domain: Hostname | null;
  readonly search: readonly Hostname[];
  /** Bytes; null: the server said nothing. */
  readonly mtu: number | null;
  /** Seconds from the ACK; 0xffffffff is for ever (RFC 2131 §3.3). */
  readonly leaseSeconds: number;
  /** Seconds from the ACK to RENEWING and REBINDING; options 58 and 59, else 0.5 and 0.875 of the lease. */
  readonly t1Seconds: number;
  readonly t2Seconds: number;
  /** Option 54. */
  readonly server: Ipv4;
};
