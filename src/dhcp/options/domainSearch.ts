/**
 * Option 119: the domain search list (RFC 3397 §2), names in DNS wire form with RFC 1035 §4.1.4 compression.
 *
 *   | 119 | n | 3 'e' 'n' 'g' 5 'a' 'p' 'p' 'l' 'e' 3 'c' 'o' 'm' 0 | 9 'm' … 0xC0 0x04 |
 *
 * A pointer is an offset into the payload after its pieces have been concatenated.
 */
import { type Hostname, parseHostname } from "../../net/address.ts";
import type { Option } from "./option.ts";

/** Names that are kept. */
const MOST = 32;
/** Names that are looked at, kept or not: bounds the work that a large payload can make. */
const MOST_READ = 256;
/** Pointers followed within one name. */
const MOST_JUMPS = 64;

type Name = { readonly text: string; readonly next: number };

/** The name at `start`; undefined where it is cut off, too long, or holds a pointer that does not lead backwards. */
const nameAt = (payload: Uint8Array, start: number): Name | undefined => {
  const labels: string[] = [];
  let length = 0;
  let at = start;
  let lowest = start;
  let next: number | undefined;
  let jumps = 0;
  for (;;) {
    const octet = payload[at];
    if (octet === undefined) return undefined;
    if (octet === 0) return { text: labels.join("."), next: next ?? at + 1 };
    if (octet >= 0xc0) {
      const low = payload[at + 1];
      jumps += 1;
      if (low === undefined || jumps > MOST_JUMPS) return undefined;
      const target = (octet & 0x3f) * 256 + low;
      if (target >= lowest) return undefined;
      next ??= at + 2;
      lowest = target;
      at = target;
      continue;
    }
    length += octet + 1;
    if (octet > 63 || length > 254 || at + 1 + octet > payload.length) return undefined;
    labels.push(String.fromCharCode(...payload.subarray(at + 1, at + 1 + octet)));
    at += 1 + octet;
  }
};

/** 119. A malformed list is no list; a well-formed name that is no host name is left out. Encoded without compression. */
export const domainSearch: Option<readonly Hostname[]> = {
  code: 119,
  encode: (names) =>
    Uint8Array.from(
      names.flatMap((name) => [
        ...name.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]),
        0,
      ]),
    ),
  decode: (payload) => {
    const names = new Set<Hostname>();
    let at = 0;
    for (let seen = 0; at < payload.length && seen < MOST_READ && names.size < MOST; seen += 1) {
      const name = nameAt(payload, at);
      if (name === undefined) return undefined;
      // A label may hold a dot of its own (RFC 1035 §3.1); such a name reads as another one, which does no harm.
      const fine = parseHostname(name.text);
      if (fine !== undefined) names.add(fine);
      at = name.next;
    }
    return names.size > 0 ? [...names] : undefined;
  },
};
