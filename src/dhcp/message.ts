/**
 * The DHCPv4 message (RFC 2131 §2) to and from bytes. Only Ethernet: htype 1, hlen 6.
 *
 *     0               1               2               3
 *   +---------------+---------------+---------------+---------------+
 *   |    op (1)     |   htype (1)   |   hlen (1)    |   hops (1)    |  0
 *   +---------------+---------------+---------------+---------------+
 *   |                            xid (4)                            |  4
 *   +-------------------------------+-------------------------------+
 *   |           secs (2)            |           flags (2)           |  8   flags: 0x8000 broadcast
 *   +-------------------------------+-------------------------------+
 *   |   ciaddr (4), yiaddr (4), siaddr (4), giaddr (4)              |  12
 *   |   chaddr (16), sname (64), file (128)                         |  28, 44, 108
 *   |   magic 99.130.83.99 (4), options (variable)                  |  236, 240
 *   +---------------------------------------------------------------+
 */
import { err, ok, type Result } from "neverthrow";
import { type Ipv4, ipv4FromBytes, ipv4ToBytes, type Mac, macFromBytes, macToBytes } from "../net/address.ts";
import { joinPieces, type Pieces, readField, writeField } from "./options/field.ts";
import { overload } from "./options/integer.ts";
import { type RawOptions, read } from "./options/option.ts";

export type Message = {
  readonly op: "BOOTREQUEST" | "BOOTREPLY";
  readonly xid: number;
  /** Seconds since the client began, 0–65535. */
  readonly secs: number;
  /** The client cannot take unicast before it has its address (RFC 2131 §4.1). */
  readonly broadcast: boolean;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  readonly chaddr: Mac;
  readonly options: RawOptions;
};

/** Why a datagram is not a DHCPv4 message for an Ethernet client. */
export type DecodeError = {
  readonly kind: "too-short" | "too-long" | "bad-op" | "bad-hardware" | "bad-magic" | "truncated-option";
};

const OPTIONS_AT = 240;
/** BOOTP's size (RFC 951 §3), below which some relays and servers drop a message. */
const LEAST = 300;
/** The largest UDP payload over IPv4. */
const MOST = 65507;
const MAGIC = 0x63825363;

/** A datagram's bytes, at least 300 of them. */
export const encodeMessage = (message: Message): Uint8Array => {
  const options = writeField(message.options);
  const bytes = new Uint8Array(Math.max(LEAST, OPTIONS_AT + options.length));
  const view = new DataView(bytes.buffer);
  bytes.set([message.op === "BOOTREQUEST" ? 1 : 2, 1, 6, 0]);
  view.setUint32(4, message.xid);
  view.setUint16(8, message.secs);
  view.setUint16(10, message.broadcast ? 0x8000 : 0);
  bytes.set(ipv4ToBytes(message.ciaddr), 12);
  bytes.set(ipv4ToBytes(message.yiaddr), 16);
  bytes.set(ipv4ToBytes(message.siaddr), 20);
  bytes.set(ipv4ToBytes(message.giaddr), 24);
  bytes.set(macToBytes(message.chaddr), 28);
  view.setUint32(236, MAGIC);
  bytes.set(options, OPTIONS_AT);
  return bytes;
};

/** Options, then `file`, then `sname` (RFC 3396 §5); an option 52 inside these two means nothing (RFC 2132 §9.3). */
const readOptions = (bytes: Uint8Array): Result<RawOptions, DecodeError> => {
  const pieces: Pieces = new Map();
  return readField(bytes.subarray(OPTIONS_AT), pieces).andThen(() => {
    const fields = read(joinPieces(pieces), overload) ?? 0;
    const file = (fields & 1) === 0 ? ok(pieces) : readField(bytes.subarray(108, 236), pieces);
    return file
      .andThen(() => ((fields & 2) === 0 ? ok(pieces) : readField(bytes.subarray(44, 108), pieces)))
      .map(joinPieces);
  });
};

/** Total: any bytes give a message or the first reason why they are none. */
export const decodeMessage = (bytes: Uint8Array): Result<Message, DecodeError> => {
  if (bytes.length < OPTIONS_AT) return err({ kind: "too-short" });
  if (bytes.length > MOST) return err({ kind: "too-long" });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = bytes[0];
  if (op !== 1 && op !== 2) return err({ kind: "bad-op" });
  if (bytes[1] !== 1 || bytes[2] !== 6) return err({ kind: "bad-hardware" });
  if (view.getUint32(236) !== MAGIC) return err({ kind: "bad-magic" });
  return readOptions(bytes).map((options) => ({
    op: op === 1 ? "BOOTREQUEST" : "BOOTREPLY",
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    broadcast: (view.getUint16(10) & 0x8000) !== 0,
    ciaddr: ipv4FromBytes(bytes.subarray(12, 16)),
    yiaddr: ipv4FromBytes(bytes.subarray(16, 20)),
    siaddr: ipv4FromBytes(bytes.subarray(20, 24)),
    giaddr: ipv4FromBytes(bytes.subarray(24, 28)),
    chaddr: macFromBytes(bytes.subarray(28, 34)),
    options,
  }));
};
