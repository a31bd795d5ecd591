/**
 * Options that are routes: 33, classful (RFC 2132 §5.8), and 121, classless (RFC 3442).
 */
import { type Ipv4, ipv4FromBytes, ipv4FromNumber, ipv4ToBytes, ipv4ToNumber, netmask } from "../../net/address.ts";
import type { Option } from "./option.ts";

/** A route as a server sends it: `to` without host bits, `via` 0.0.0.0 where the destination is on the link. */
export type WireRoute = { readonly to: Ipv4; readonly prefix: number; readonly via: Ipv4 };

/** More routes than this in one option are left unread. */
const MOST = 64;

const masked = (address: Ipv4, prefix: number): Ipv4 => ipv4FromNumber((ipv4ToNumber(address) & netmask(prefix)) >>> 0);

/** The prefix of the address's class, longer by whole octets until no host bit is left. */
const classfulPrefix = (address: Ipv4): number => {
  const value = ipv4ToNumber(address);
  let prefix = value < 0x80000000 ? 8 : value < 0xc0000000 ? 16 : 24;
  while (prefix < 32 && (value & ~netmask(prefix)) !== 0) prefix += 8;
  return prefix;
};

/**
 * 33: pairs of destination and router. A default route is not legal here and is left out.
 *
 *   | 33 | 8·k | d1 d2 d3 d4 | r1 r2 r3 r4 | …
 */
export const staticRoutes: Option<readonly WireRoute[]> = {
  code: 33,
  encode: (routes) => Uint8Array.from(routes.flatMap(({ to, via }) => [...ipv4ToBytes(to), ...ipv4ToBytes(via)])),
  decode: (payload) => {
    if (payload.length === 0 || payload.length % 8 !== 0) return undefined;
    const routes: WireRoute[] = [];
    for (let at = 0; at < payload.length && routes.length < MOST; at += 8) {
      const to = ipv4FromBytes(payload.subarray(at, at + 4));
      const via = ipv4FromBytes(payload.subarray(at + 4, at + 8));
      if (to !== "0.0.0.0") routes.push({ to, prefix: classfulPrefix(to), via });
    }
    return routes;
  },
};

/**
 * 121: width of the destination, its significant octets only, router (RFC 3442, "Classless Route Option Format").
 *
 *   | 121 | n | width | d1 … dN | r1 r2 r3 r4 | width | …       N = ceil(width / 8)
 */
export const classlessRoutes: Option<readonly WireRoute[]> = {
  code: 121,
  encode: (routes) =>
    Uint8Array.from(
      routes.flatMap(({ to, prefix, via }) => [
        prefix,
        ...ipv4ToBytes(to).subarray(0, Math.ceil(prefix / 8)),
        ...ipv4ToBytes(via),
      ]),
    ),
  decode: (payload) => {
    if (payload.length === 0) return undefined;
    const routes: WireRoute[] = [];
    let at = 0;
    while (at < payload.length && routes.length < MOST) {
      const prefix = payload[at] ?? 0;
      const octets = Math.ceil(prefix / 8);
      const end = at + 1 + octets + 4;
      if (prefix > 32 || end > payload.length) return undefined;
      const to = new Uint8Array(4);
      to.set(payload.subarray(at + 1, at + 1 + octets));
      const via = ipv4FromBytes(payload.subarray(end - 4, end));
      routes.push({ to: masked(ipv4FromBytes(to), prefix), prefix, via });
      at = end;
    }
    return routes;
  },
};
