/**
 * The messages that a client sends (RFC 2131 §4.4, table 5): one function a message, all values.
 */
import type { Hostname, Ipv4, Mac } from "../net/address.ts";
import type { Message } from "./message.ts";
import { requestedAddress, serverId } from "./options/address.ts";
import { clientIdentifier, parameterList, rapidCommit } from "./options/bytes.ts";
import { maxMessageSize } from "./options/integer.ts";
import { type MessageType, messageType } from "./options/messageType.ts";
import { entry, type RawOptions } from "./options/option.ts";
import { hostName, messageText, vendorClass } from "./options/text.ts";

/** Who asks: the same in every message of one attachment. */
export type Client = {
  readonly mac: Mac;
  /** Option 61's payload; null: not sent. */
  readonly clientId: Uint8Array | null;
  /** Option 12; null: not sent. */
  readonly hostname: Hostname | null;
  /** Option 60; null: not sent. */
  readonly vendorClass: string | null;
  /** DISCOVER carries option 80 (RFC 4039). */
  readonly rapidCommit: boolean;
};

/** xid, and seconds since the exchange began. */
export type Stamp = { readonly xid: number; readonly secs: number };

const NONE = "0.0.0.0" as Ipv4;
/** Routes before routers, by RFC 3442's wish. */
const WANTED = [1, 121, 3, 33, 6, 15, 119, 26, 51, 54, 58, 59];
/** Ethernet's 1500 octets less the IPv4 and UDP headers. */
const LARGEST = 1472;

const base = (mac: Mac, stamp: Stamp, ciaddr: Ipv4, broadcast: boolean, options: RawOptions): Message => ({
  op: "BOOTREQUEST",
  xid: stamp.xid,
  secs: Math.min(stamp.secs, 0xffff),
  broadcast,
  ciaddr,
  yiaddr: NONE,
  siaddr: NONE,
  giaddr: NONE,
  chaddr: mac,
  options,
});

const identified = (type: MessageType, clientId: Uint8Array | null): Map<number, Uint8Array> => {
  const options = new Map([entry(messageType, type)]);
  if (clientId !== null) options.set(...entry(clientIdentifier, clientId));
  return options;
};

/** What DISCOVER and every REQUEST have in common: the same wishes in all of them (RFC 2131 §4.3.1). */
const asking = (type: MessageType, client: Client): Map<number, Uint8Array> => {
  const options = identified(type, client.clientId);
  if (client.hostname !== null) options.set(...entry(hostName, client.hostname));
  if (client.vendorClass !== null) options.set(...entry(vendorClass, client.vendorClass));
  options.set(...entry(maxMessageSize, LARGEST));
  options.set(...entry(parameterList, WANTED));
  return options;
};

/** DISCOVER; `hint` is the address that we should like (option 50). */
export const buildDiscover = (client: Client, stamp: Stamp, hint: Ipv4 | null): Message => {
  const options = asking("DISCOVER", client);
  if (hint !== null) options.set(...entry(requestedAddress, hint));
  if (client.rapidCommit) options.set(...entry(rapidCommit, true));
  return base(client.mac, stamp, NONE, true, options);
};

/** REQUEST for an address not yet held; `server` null: INIT-REBOOT, where option 54 must not be sent (RFC 2131 §4.3.2). */
export const buildRequest = (client: Client, stamp: Stamp, address: Ipv4, server: Ipv4 | null): Message => {
  const options = asking("REQUEST", client);
  options.set(...entry(requestedAddress, address));
  if (server !== null) options.set(...entry(serverId, server));
  return base(client.mac, stamp, NONE, true, options);
};

/** REQUEST of RENEWING and REBINDING: ciaddr, and neither option 50 nor 54 (RFC 2131 §4.3.2). */
export const buildRenewal = (client: Client, stamp: Stamp, ciaddr: Ipv4): Message =>
  base(client.mac, stamp, ciaddr, false, asking("REQUEST", client));

export type Farewell = {
  readonly mac: Mac;
  readonly clientId: Uint8Array | null;
  readonly address: Ipv4;
  readonly server: Ipv4;
  readonly xid: number;
};

/** RELEASE, to be sent to the server by unicast from `address` (RFC 2131 §4.4.6). No answer comes. */
export const releaseMessage = ({ mac, clientId, address, server, xid }: Farewell): Message => {
  const options = identified("RELEASE", clientId);
  options.set(...entry(serverId, server));
  return base(mac, { xid, secs: 0 }, address, false, options);
};

/** DECLINE, to be broadcast: somebody else has the address (RFC 2131 §4.4.4). No answer comes. */
export const declineMessage = ({ mac, clientId, address, server, xid }: Farewell): Message => {
  const options = identified("DECLINE", clientId);
  options.set(...entry(requestedAddress, address));
  options.set(...entry(serverId, server));
  options.set(...entry(messageText, "address in use"));
  return base(mac, { xid, secs: 0 }, NONE, false, options);
};
