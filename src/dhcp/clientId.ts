/**
 * The client identifier (option 61, RFC 2132 §9.14): what a server keeps its reservations and leases by.
 */
import type { ClientIdPolicy } from "../config/types.ts";
import { type Ifname, type Mac, macToBytes } from "../net/address.ts";

const HARDWARE_ETHERNET = 1;
const TYPE_TEXT = 0;
const TYPE_RFC4361 = 255;
/** A hash's key, so that machine-id itself, which machine-id(5) calls confidential, never leaves the host. */
const DUID_KEY = "berth dhcp duid";

const digest = (key: string, text: string, octets: number): Uint8Array =>
  new Uint8Array(new Bun.CryptoHasher("sha256", key).update(text).digest().subarray(0, octets));

/** The option's payload; null: the option is not sent. Without a usable machine-id (32 hex digits) `duid` falls back to `mac`. */
export const clientIdBytes = (
  policy: ClientIdPolicy,
  mac: Mac,
  machineId: string | null,
  ifname: Ifname,
): Uint8Array | null => {
  const byMac = () => Uint8Array.of(HARDWARE_ETHERNET, ...macToBytes(mac));
  switch (policy.kind) {
    case "none":
      return null;
    case "mac":
      return byMac();
    case "text": {
      const text = new TextEncoder().encode(policy.text);
      return text.length === 0 ? null : Uint8Array.of(TYPE_TEXT, ...text);
    }
    case "duid": {
      const id = machineId?.trim().toLowerCase() ?? "";
      return /^[0-9a-f]{32}$/.test(id) && !/^0+$/.test(id) ? duid(id, mac, ifname) : byMac();
    }
  }
};

/**
 * RFC 4361 §6.1 with a DUID-UUID (RFC 6355 §4). The host has one DUID; the IAID tells its containers apart.
 *
 *   | 255 | IAID (4) | 0 4 | UUID (16) |
 */
const duid = (machineId: string, mac: Mac, ifname: Ifname): Uint8Array =>
  Uint8Array.of(
    TYPE_RFC4361,
    ...digest("berth dhcp iaid", `${mac} ${ifname}`, 4),
    0,
    4,
    ...digest(DUID_KEY, machineId, 16),
  );
