/**
 * Options that are text (RFC 2132 §3.14, §3.17, §9.9, §9.13). No terminator is sent; one that comes is taken off.
 *
 *    code  len          text
 *   +-----+-----+-----+-----+-----+- ...
 *   |  n  |  k  |  t1 |  t2 |  t3 |
 *   +-----+-----+-----+-----+-----+- ...
 */
import { type Hostname, parseHostname } from "../../net/address.ts";
import type { Option } from "./option.ts";

/** Characters of a server's text that are kept. */
const LONGEST = 255;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One character an octet, without trailing NULs, at most `LONGEST` + 1 of them so that a longer one can be told. */
const latin1 = (payload: Uint8Array): string => {
  let end = Math.min(payload.length, LONGEST + 1);
  while (end > 0 && payload[end - 1] === 0) end -= 1;
  return String.fromCharCode(...payload.subarray(0, end));
};

/** What is not printable ASCII becomes `?`: the text ends up in a terminal or a log. */
const printable = (code: number): Option<string> => ({
  code,
  encode,
  decode: (payload) => {
    const text = latin1(payload).slice(0, LONGEST);
    return text.length > 0 ? text.replace(/[^\x20-\x7e]/g, "?") : undefined;
  },
});

const name = (code: number): Option<Hostname> => ({
  code,
  encode,
  decode: (payload) => parseHostname(latin1(payload)),
});

/** 12 (RFC 2132 §3.14). */
export const hostName = name(12);
/** 15 (RFC 2132 §3.17). */
export const domainName = name(15);
/** 56: why a server refused, or a client declined (RFC 2132 §9.9). */
export const messageText = printable(56);
/** 60: the kind of client (RFC 2132 §9.13). */
export const vendorClass = printable(60);
