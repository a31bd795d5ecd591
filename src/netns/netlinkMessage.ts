/**
 * Requests to the kernel and its answers, as bytes (rtnetlink(7), netlink(7)). Pure.
 *
 *   | nlmsghdr: length (4), type (2), flags (2), sequence (4), port (4) |
 *   | ifinfomsg: family (1), 0 (1), type (2), index (4), flags (4), change (4) |
 *   | ifaddrmsg: family (1), prefix length (1), flags (1), scope (1), index (4) |
 *   | rtmsg: family, prefix length, source's, TOS, table, protocol, scope, type (1 each), flags (4) |
 *   | attributes: length (2), type (2), value, padded to 4 |
 */
import {
  type Cidr,
  type Ifname,
  type Ipv4,
  type Ipv6,
  ipToBytes,
  ipv4FromNumber,
  ipv4ToBytes,
  ipv4ToNumber,
  type Mac,
  macToBytes,
} from "../net/address.ts";
import type { Change, Pair } from "./change.ts";

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;

const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const set = NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE | NLM_F_CREATE;
const change = NLM_F_REQUEST | NLM_F_ACK;

const IFF_UP = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFLA_IFALIAS = 20;
const IFLA_NET_NS_FD = 28;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_CACHEINFO = 6;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;

const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_NOWHERE = 255;

const number32 = (value: number): Uint8Array => {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, value, true);
  return new Uint8Array(bytes.buffer);
};

const attribute = (type: number, value: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(4 + Math.ceil(value.byteLength / 4) * 4);
  new DataView(bytes.buffer).setUint16(0, 4 + value.byteLength, true);
  new DataView(bytes.buffer).setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
};

/** `body`: what follows the header. */
const message = (type: number, flags: number, ...body: readonly Uint8Array[]): Uint8Array => {
  const header = new DataView(new ArrayBuffer(16));
  header.setUint32(
    0,
    body.reduce((sum, { byteLength }) => sum + byteLength, header.byteLength),
    true,
  );
  header.setUint16(4, type, true);
  header.setUint16(6, flags, true);
  header.setUint32(8, 1, true);
  return Buffer.concat([new Uint8Array(header.buffer), ...body]);
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const nameOf = (ifname: Ifname | "lo"): Uint8Array => attribute(IFLA_IFNAME, bytesOf(`${ifname}\0`));

/** ifinfomsg of an interface that is named by an attribute. */
const interfaceInfo = (flags: number): Uint8Array => {
  const info = new DataView(new ArrayBuffer(16));
  info.setUint32(8, flags, true);
  info.setUint32(12, flags, true);
  return new Uint8Array(info.buffer);
};

const AF_INET = 2;
const AF_INET6 = 10;

/** Family, bytes and prefix length of `10.0.0.5/24`. */
const parts = (cidr: Cidr) => {
  const [text = "", length = ""] = cidr.split("/");
  const bytes = ipToBytes(text as Ipv4 | Ipv6);
  return { bytes, length: Number(length), family: bytes.byteLength === 4 ? AF_INET : AF_INET6 };
};

/** As `broadcast +` of ip(8): none where the prefix has no room for one. */
const broadcast = (address: Cidr): readonly Uint8Array[] => {
  const { family, length } = parts(address);
  if (family !== AF_INET || length >= 31) return [];
  const [own = ""] = address.split("/");
  const all = ipv4ToNumber(own as Ipv4) | (length === 0 ? 0xffffffff : 0xffffffff >>> length);
  return [attribute(IFA_BROADCAST, ipv4ToBytes(ipv4FromNumber(all >>> 0)))];
};

/** struct ifa_cacheinfo: preferred and valid lifetime in seconds, and two times that only the kernel sets. */
const lifetime = (seconds: number): Uint8Array => {
  const info = new DataView(new ArrayBuffer(16));
  info.setUint32(0, seconds, true);
  info.setUint32(4, seconds, true);
  return attribute(IFA_CACHEINFO, new Uint8Array(info.buffer));
};

const addressMessage = (index: number, address: Cidr, seconds: number | null): Uint8Array => {
  const { family, bytes, length } = parts(address);
  const info = new DataView(new ArrayBuffer(8));
  info.setUint8(0, family);
  info.setUint8(1, length);
  info.setUint32(4, index, true);
  const own = [new Uint8Array(info.buffer), attribute(IFA_LOCAL, bytes), attribute(IFA_ADDRESS, bytes)];
  return seconds === null
    ? message(RTM_DELADDR, change, ...own)
    : message(RTM_NEWADDR, set, ...own, ...broadcast(address), lifetime(seconds));
};

/** What is to go is found by less: any protocol, any scope, any type. */
const routeMessage = (index: number, to: Cidr, via: Ipv4 | Ipv6 | null, goes: boolean): Uint8Array => {
  const { family, bytes, length } = parts(to);
  const scope = via === null ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  const kindOf = goes ? [0, RT_SCOPE_NOWHERE, 0] : [RTPROT_BOOT, scope, RTN_UNICAST];
  const info = Uint8Array.from([family, length, 0, 0, RT_TABLE_MAIN, ...kindOf, 0, 0, 0, 0]);
  return message(
    goes ? RTM_DELROUTE : RTM_NEWROUTE,
    goes ? change : set,
    info,
    ...(length === 0 ? [] : [attribute(RTA_DST, bytes)]),
    ...(via === null ? [] : [attribute(RTA_GATEWAY, ipToBytes(via))]),
    attribute(RTA_OIF, number32(index)),
  );
};

/** Whether a request names the interface by its index, and not by its name. */
export const needsIndex = ({ kind }: Change): boolean => kind.endsWith("address") || kind.endsWith("route");

/** The request as bytes. `index` is the interface's. */
export const changeMessage = (wish: Change, index: number): Uint8Array => {
  const { ifname } = wish;
  switch (wish.kind) {
    case "up":
      return message(RTM_NEWLINK, change, interfaceInfo(IFF_UP), nameOf(ifname));
    case "mtu":
      return message(RTM_NEWLINK, change, interfaceInfo(0), nameOf(ifname), attribute(IFLA_MTU, number32(wish.mtu)));
    case "mac":
      return message(
        RTM_NEWLINK,
        change,
        interfaceInfo(0),
        nameOf(ifname),
        attribute(IFLA_ADDRESS, macToBytes(wish.mac)),
      );
    case "alias":
      return message(
        RTM_NEWLINK,
        change,
        interfaceInfo(0),
        nameOf(ifname),
        attribute(IFLA_IFALIAS, bytesOf(wish.alias)),
      );
    case "address":
      return addressMessage(index, wish.address, wish.seconds);
    case "no-address":
      return addressMessage(index, wish.address, null);
    case "route":
    case "no-route":
      return routeMessage(index, wish.to, wish.via, wish.kind === "no-route");
  }
};

/** The request as bytes. `master`: its index. */
export const pairMessage = ({ port, portMac, peer, peerMac, netns, mtu }: Pair, master: number): Uint8Array => {
  const end = (name: Ifname, mac: Mac): readonly Uint8Array[] => [
    nameOf(name),
    attribute(IFLA_ADDRESS, macToBytes(mac)),
    attribute(IFLA_MTU, number32(mtu)),
  ];
  const other = [interfaceInfo(0), ...end(peer, peerMac), attribute(IFLA_NET_NS_FD, number32(netns.fd))];
  const data = attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, Buffer.concat(other)));
  return message(
    RTM_NEWLINK,
    change | NLM_F_CREATE | NLM_F_EXCL,
    interfaceInfo(0),
    ...end(port, portMac),
    attribute(IFLA_MASTER, number32(master)),
    attribute(IFLA_LINKINFO, Buffer.concat([attribute(IFLA_INFO_KIND, bytesOf("veth")), data])),
  );
};

/** The question for an interface's index. */
export const indexQuestion = (ifname: Ifname | "lo"): Uint8Array =>
  message(RTM_GETLINK, NLM_F_REQUEST, interfaceInfo(0), nameOf(ifname));

const NLMSG_ERROR = 2;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const EPROTO = 71;

export type Answer = { readonly errno: number; readonly index: number; readonly why: string | null };

/** What the kernel says beside the errno, such as "Nexthop has invalid gateway."; null: nothing. */
const reasonIn = (answer: DataView): string | null => {
  if ((answer.getUint16(6, true) & NLM_F_ACK_TLVS) === 0) return null;
  // nlmsghdr, errno, and of our request its header alone (NETLINK_CAP_ACK).
  for (let at = 36; at + 4 <= answer.byteLength; ) {
    const length = answer.getUint16(at, true);
    if (length < 4 || at + length > answer.byteLength) return null;
    const text = new Uint8Array(answer.buffer, answer.byteOffset + at + 4, length - 4);
    if ((answer.getUint16(at + 2, true) & 0x3fff) === NLMSGERR_ATTR_MSG)
      return Buffer.from(text).toString("latin1").replaceAll("\0", "");
    at += Math.ceil(length / 4) * 4;
  }
  return null;
};

/** An answer: an errno (0: done), or the interface that was asked for. */
export const readAnswer = (answer: DataView | number): Answer => {
  if (typeof answer === "number") return { errno: answer, index: 0, why: null };
  const protocol = { errno: EPROTO, index: 0, why: null };
  if (answer.byteLength < 24) return protocol;
  const type = answer.getUint16(4, true);
  if (type === NLMSG_ERROR) return { errno: -answer.getInt32(16, true), index: 0, why: reasonIn(answer) };
  return type === RTM_NEWLINK ? { errno: 0, index: answer.getInt32(20, true), why: null } : protocol;
};
