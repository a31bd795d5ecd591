/**
 * Options that are one unsigned integer in network byte order (RFC 2132 §5.1, §9.2, §9.3, §9.6, §9.10–9.12).
 *
 *    code  len   u8 | u16 | u32
 *   +-----+-----+-----+- ... -+
 *   |  n  |1,2,4| most  ...   |
 *   +-----+-----+-----+- ... -+
 */
import type { Option } from "./option.ts";

const integer = (code: number, octets: 1 | 2 | 4): Option<number> => ({
  code,
  encode: (value) => {
    const bytes = new Uint8Array(octets);
    for (let i = 0; i < octets; i += 1) bytes[i] = (value >>> (8 * (octets - 1 - i))) & 255;
    return bytes;
  },
  decode: (payload) =>
    payload.length === octets ? payload.reduce((value, octet) => value * 256 + octet, 0) : undefined,
});

/** 26, bytes; at least 68 by RFC 2132 §5.1. */
export const interfaceMtu = integer(26, 2);
/** 51, seconds; 0xffffffff is for ever (RFC 2132 §9.2, RFC 2131 §3.3). */
export const leaseTime = integer(51, 4);
/** 52: bit 0, options continue in `file`; bit 1, in `sname` (RFC 2132 §9.3). */
export const overload = integer(52, 1);
/** 57, bytes; the largest message that we take (RFC 2132 §9.10). */
export const maxMessageSize = integer(57, 2);
/** 58, seconds from the ACK to RENEWING: T1 (RFC 2132 §9.11). */
export const renewalTime = integer(58, 4);
/** 59, seconds from the ACK to REBINDING: T2 (RFC 2132 §9.12). */
export const rebindingTime = integer(59, 4);
