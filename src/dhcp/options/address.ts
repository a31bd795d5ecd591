/**
 * Options that are one IPv4 address, or a list of them (RFC 2132 §3.3, §3.5, §3.8, §9.1, §9.7).
 *
 *    code  len         address 1               address 2
 *   +-----+-----+-----+-----+-----+-----+-----+-----+- ...
 *   |  n  | 4·k |  a1 |  a2 |  a3 |  a4 |  a1 |  a2 |
 *   +-----+-----+-----+-----+-----+-----+-----+-----+- ...
 */
import { type Ipv4, ipv4FromBytes, ipv4ToBytes } from "../../net/address.ts";
import type { Option } from "./option.ts";

/** More entries than this in one list are left unread. */
const MOST = 64;

const address = (code: number): Option<Ipv4> => ({
  code,
  encode: ipv4ToBytes,
  decode: (payload) => (payload.length === 4 ? ipv4FromBytes(payload) : undefined),
});

const addresses = (code: number): Option<readonly Ipv4[]> => ({
  code,
  encode: (list) => Uint8Array.from(list.flatMap((one) => Array.from(ipv4ToBytes(one)))),
  decode: (payload) => {
    if (payload.length === 0 || payload.length % 4 !== 0) return undefined;
    const count = Math.min(payload.length / 4, MOST);
    return Array.from({ length: count }, (_, i) => ipv4FromBytes(payload.subarray(4 * i, 4 * i + 4)));
  },
});

/** 1 (RFC 2132 §3.3). Whether the ones are contiguous is not looked at here. */
export const subnetMask = address(1);
/** 3, in order of preference (RFC 2132 §3.5). */
export const routers = addresses(3);
/** 6, in order of preference (RFC 2132 §3.8). */
export const dnsServers = addresses(6);
/** 50 (RFC 2132 §9.1). */
export const requestedAddress = address(50);
/** 54 (RFC 2132 §9.7). */
export const serverId = address(54);
