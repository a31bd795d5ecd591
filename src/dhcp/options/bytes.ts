/**
 * Options whose payload is octets as they are: parameter list, client identifier, rapid commit.
 */
import type { Option } from "./option.ts";

/**
 * 55: the codes of the options that the client wants (RFC 2132 §9.8).
 *
 *   | 55 | k | c1 | c2 | …
 */
export const parameterList: Option<readonly number[]> = {
  code: 55,
  encode: (codes) => Uint8Array.from(codes),
  decode: (payload) => (payload.length > 0 ? Array.from(payload.subarray(0, 255)) : undefined),
};

/**
 * 61: a type octet and at least one more (RFC 2132 §9.14); a server echoes it (RFC 6842 §3).
 *
 *   | 61 | k | type | i1 | i2 | …
 */
export const clientIdentifier: Option<Uint8Array> = {
  code: 61,
  encode: (bytes) => bytes,
  decode: (payload) => (payload.length >= 2 ? payload : undefined),
};

/**
 * 80: no payload; its presence is the message (RFC 4039 §4).
 *
 *   | 80 | 0 |
 */
export const rapidCommit: Option<true> = {
  code: 80,
  encode: () => new Uint8Array(0),
  decode: (payload) => (payload.length === 0 ? true : undefined),
};
