/**
 * Option 53: which of the eight DHCP messages this is (RFC 2132 §9.6).
 *
 *   | 53 | 1 | 1–8 |
 */
import type { Option } from "./option.ts";

const TYPES = ["DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"] as const;

export type MessageType = (typeof TYPES)[number];

export const messageType: Option<MessageType> = {
  code: 53,
  encode: (type) => Uint8Array.of(TYPES.indexOf(type) + 1),
  decode: (payload) => (payload.length === 1 ? TYPES[(payload[0] ?? 0) - 1] : undefined),
};
