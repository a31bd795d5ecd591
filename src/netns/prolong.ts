/**
 * An address's lifetime begun anew, by RTM_NEWADDR (rtnetlink(7)). Everything else is done by ip(8); this is what a keeper does thirty
 * times a second, where starting a program each time would be most of its work.
 *
 * A netlink socket belongs to the namespace that it was made in, so that the thread is inside for that one system call.
 *
 *   | nlmsghdr: length (4), type (2), flags (2), sequence (4), port (4) |
 *   | ifaddrmsg: family (1), prefix length (1), flags (1), scope (1), index (4) |
 *   | attributes: length (2), type (2), value, padded to 4 |
 */
import { err, ok, type Result } from "neverthrow";
import { errnoText } from "../host/errno.ts";
import { askRouting, closeDescriptor, openRoutingSocket } from "../host/libc.ts";
import { type Cidr, type Ifname, type Ipv4, ipv4FromNumber, ipv4ToBytes, ipv4ToNumber } from "../net/address.ts";
import { inNetns, type Netns, type NetnsError } from "./enter.ts";
import type { IpError } from "./ip.ts";

const RTM_NEWADDR = 20;
/** NLM_F_REQUEST, NLM_F_ACK, NLM_F_REPLACE. */
const FLAGS = 0x1 | 0x4 | 0x100;
const AF_INET = 2;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const IFA_CACHEINFO = 6;

const attribute = (type: number, value: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(4 + Math.ceil(value.byteLength / 4) * 4);
  new DataView(bytes.buffer).setUint16(0, 4 + value.byteLength, true);
  new DataView(bytes.buffer).setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
};

const broadcastOf = (address: Ipv4, prefix: number): Ipv4 =>
  ipv4FromNumber((ipv4ToNumber(address) | (prefix === 0 ? 0xffffffff : 0xffffffff >>> prefix)) >>> 0);

/** struct ifa_cacheinfo: preferred and valid lifetime in seconds, and two times that only the kernel sets. */
const lifetimes = (seconds: number): Uint8Array => {
  const info = new DataView(new ArrayBuffer(16));
  info.setUint32(0, seconds, true);
  info.setUint32(4, seconds, true);
  return new Uint8Array(info.buffer);
};

/** The request as bytes; `seconds` 0xffffffff: for ever. */
export const newAddressMessage = (index: number, address: Ipv4, prefix: number, seconds: number): Uint8Array => {
  const own = ipv4ToBytes(address);
  const attributes = [
    attribute(IFA_LOCAL, own),
    attribute(IFA_ADDRESS, own),
    // As `broadcast +` of ip(8): none where the prefix has no room for one.
    ...(prefix >= 31 ? [] : [attribute(IFA_BROADCAST, ipv4ToBytes(broadcastOf(address, prefix)))]),
    attribute(IFA_CACHEINFO, lifetimes(seconds)),
  ];
  const header = new DataView(new ArrayBuffer(24));
  const length = attributes.reduce((sum, { byteLength }) => sum + byteLength, header.byteLength);
  header.setUint32(0, length, true);
  header.setUint16(4, RTM_NEWADDR, true);
  header.setUint16(6, FLAGS, true);
  header.setUint32(8, 1, true);
  header.setUint8(16, AF_INET);
  header.setUint8(17, prefix);
  header.setUint32(20, index, true);
  return Buffer.concat([new Uint8Array(header.buffer), ...attributes]);
};

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const NLMSG_ERROR = 2;
const EPROTO = 71;

/** RTM_GETLINK for one name: nlmsghdr, ifinfomsg (16 bytes, all zero), IFLA_IFNAME. */
export const getLinkMessage = (ifname: Ifname): Uint8Array => {
  const name = attribute(IFLA_IFNAME, new TextEncoder().encode(`${ifname}\0`));
  const header = new DataView(new ArrayBuffer(32));
  header.setUint32(0, header.byteLength + name.byteLength, true);
  header.setUint16(4, RTM_GETLINK, true);
  header.setUint16(6, 0x1, true);
  header.setUint32(8, 1, true);
  return Buffer.concat([new Uint8Array(header.buffer), name]);
};

/** The errno of an answer (0: done), or the index of the interface that it is about, negated. */
const read = (answer: DataView | number): number => {
  if (typeof answer === "number") return answer;
  if (answer.byteLength < 24) return EPROTO;
  const type = answer.getUint16(4, true);
  if (type === NLMSG_ERROR) return -answer.getInt32(16, true);
  return type === RTM_NEWLINK ? -answer.getInt32(20, true) : EPROTO;
};

/** Sets the addresses, or only their lifetime where they are there. `seconds` 0xffffffff: for ever. */
export const prolongAddresses = (
  netns: Netns,
  home: Netns,
  ifname: Ifname,
  addresses: readonly Cidr[],
  seconds: number,
): Result<void, IpError | NetnsError> => {
  const failed = (what: string, errno: number): Result<void, IpError> =>
    err({ kind: "ip", line: what, why: errnoText(errno) });
  return inNetns(netns, home, () => ok(openRoutingSocket())).andThen((fd) => {
    if (fd < 0) return failed("open a netlink socket", -fd);
    try {
      const index = -read(askRouting(fd, getLinkMessage(ifname)));
      if (index <= 0) return failed(`link show ${ifname}`, -index);
      for (const address of addresses) {
        const [own = "", prefix = "32"] = address.split("/");
        const errno = read(askRouting(fd, newAddressMessage(index, own as Ipv4, Number(prefix), seconds)));
        if (errno !== 0) return failed(`address replace ${address} dev ${ifname}`, errno);
      }
      return ok(undefined);
    } finally {
      closeDescriptor(fd);
    }
  });
};
