/** The bytes of requests to the kernel, against rtnetlink(7). That the kernel takes them, the system tests show. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Cidr, Ifname, Ipv4, Ipv6, Mac } from "../../src/net/address.ts";
import { type Change, forEver } from "../../src/netns/change.ts";
import type { Netns } from "../../src/netns/enter.ts";
import { changeMessage, indexQuestion, pairMessage, readAnswer } from "../../src/netns/netlinkMessage.ts";

const ifname = "eth0" as Ifname;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const route = (kind: "route" | "no-route", to: string, via: string | null): Change => ({
  ...{ kind, ifname, to: to as Cidr, via: via as Ipv4 | Ipv6 | null },
});
const address = (text: string, seconds = forEver): Change => ({
  ...{ kind: "address", ifname, address: text as Cidr, seconds },
});

const eth0 = "0900 0300 6574683000 000000"; // IFLA_IFNAME, padded

/** Each as iproute2 6.1 sends it (`strace -e trace=sendmsg`), but that ours names the interface in changes to a link. */
const messages: readonly (readonly [string, Change, readonly string[]])[] = [
  [
    "an interface that comes up",
    { kind: "up", ifname },
    ["2c000000 1000 0500 01000000 00000000", "00 00 0000 00000000 01000000 01000000", eth0],
  ],
  [
    "loopback",
    { kind: "up", ifname: "lo" },
    ["28000000 1000 0500 01000000 00000000", "00 00 0000 00000000 01000000 01000000", "0700 0300 6c6f00 00"],
  ],
  [
    "an MTU of 9000",
    { kind: "mtu", ifname, mtu: 9000 },
    ["34000000 1000 0500 01000000 00000000", "00 00 0000 00000000 00000000 00000000", eth0, "0800 0400 28230000"],
  ],
  [
    "a MAC",
    { kind: "mac", ifname, mac: "02:00:5e:10:00:01" as Mac },
    [
      "38000000 1000 0500 01000000 00000000",
      "00 00 0000 00000000 00000000 00000000",
      eth0,
      "0a00 0100 02005e100001 0000",
    ],
  ],
  [
    "an address with a lifetime",
    address("10.88.0.77/24", 3600),
    [
      "44000000 1400 0505 01000000 00000000", // 68 bytes, RTM_NEWADDR, REQUEST|ACK|REPLACE|CREATE
      "02 18 00 00 02000000", // AF_INET, /24, interface 2
      "0800 0200 0a58004d", // IFA_LOCAL
      "0800 0100 0a58004d", // IFA_ADDRESS
      "0800 0400 0a5800ff", // IFA_BROADCAST
      "1400 0600 100e0000 100e0000 00000000 00000000", // IFA_CACHEINFO
    ],
  ],
  [
    "an address that goes",
    { kind: "no-address", ifname, address: "10.88.0.77/24" as Cidr },
    ["28000000 1500 0500 01000000 00000000", "02 18 00 00 02000000", "0800 0200 0a58004d", "0800 0100 0a58004d"],
  ],
  [
    "an IPv6 address has no broadcast",
    address("2001:db8::1:2/64"),
    [
      "54000000 1400 0505 01000000 00000000",
      "0a 40 00 00 02000000",
      "1400 0200 20010db8000000000000000000010002",
      "1400 0100 20010db8000000000000000000010002",
      "1400 0600 ffffffff ffffffff 00000000 00000000",
    ],
  ],
  [
    "a default route",
    route("route", "0.0.0.0/0", "10.88.0.1"),
    [
      "2c000000 1800 0505 01000000 00000000",
      "02 00 00 00 fe 03 00 01 00000000", // main, boot, universe, unicast
      "0800 0500 0a580001", // RTA_GATEWAY
      "0800 0400 02000000", // RTA_OIF
    ],
  ],
  [
    "a route to a network on the link",
    route("route", "10.9.0.0/16", null),
    [
      "2c000000 1800 0505 01000000 00000000",
      "02 10 00 00 fe 03 fd 01 00000000", // scope link
      "0800 0100 0a090000",
      "0800 0400 02000000",
    ],
  ],
  [
    "a route that goes",
    route("no-route", "255.255.255.255/32", null),
    [
      "2c000000 1900 0500 01000000 00000000",
      "02 20 00 00 fe 00 ff 00 00000000", // scope nowhere: any
      "0800 0100 ffffffff",
      "0800 0400 02000000",
    ],
  ],
];

for (const [what, change, expected] of messages)
  test(what, () => {
    assert.is(hex(changeMessage(change, 2)), expected.join("").replaceAll(" ", ""));
  });

test("no broadcast address where the prefix has no room for one; for ever is all ones", () => {
  for (const prefix of [31, 32]) {
    const text = hex(changeMessage(address(`192.0.2.1/${prefix}`), 7));
    assert.is(text.length / 2, 24 + 8 + 8 + 20);
    assert.ok(text.endsWith("14000600ffffffffffffffff0000000000000000"));
  }
});

test("a pair, one end in another namespace", () => {
  const [port, peer, master] = ["bt1", "eth0", "br0"].map((name) => name as Ifname) as [Ifname, Ifname, Ifname];
  const [portMac, peerMac] = ["fe:ff:00:00:00:01", "02:00:5e:10:00:01"].map((mac) => mac as Mac) as [Mac, Mac];
  const netns: Netns = { fd: 9, inode: 0n, path: "" };
  const expected = [
    "90000000 1000 0506 01000000 00000000", // REQUEST|ACK|CREATE|EXCL
    "00 00 0000 00000000 00000000 00000000",
    "0800 0300 62743100",
    "0a00 0100 feff00000001 0000",
    "0800 0400 dc050000",
    "0800 0a00 04000000", // IFLA_MASTER
    "4c00 1200", // IFLA_LINKINFO
    "0800 0100 76657468", // IFLA_INFO_KIND "veth"
    "4000 0200 3c00 0100", // IFLA_INFO_DATA, VETH_INFO_PEER
    "00 00 0000 00000000 00000000 00000000",
    eth0,
    "0a00 0100 02005e100001 0000",
    "0800 0400 dc050000",
    "0800 1c00 09000000", // IFLA_NET_NS_FD
  ];
  const bytes = pairMessage({ port, portMac, peer, peerMac, master, netns, mtu: 1500 }, 4);
  assert.is(hex(bytes), expected.join("").replaceAll(" ", ""));
});

test("the question for an interface's index", () => {
  const expected = `2c000000 1200 0100 01000000 00000000 00000000 00000000 00000000 00000000 ${eth0}`;
  assert.is(hex(indexQuestion(ifname)), expected.replaceAll(" ", ""));
});

const answer = (...pieces: readonly string[]): DataView => {
  const bytes = Uint8Array.from(Buffer.from(pieces.join("").replaceAll(" ", ""), "hex"));
  return new DataView(bytes.buffer);
};
const asked = "2c000000 1800 0505 01000000 00000000";

test("answers: done, an interface, an errno, an errno with a reason", () => {
  const done = readAnswer(answer("24000000 0200 0001 01000000 00000000 00000000", asked));
  assert.equal(done, { errno: 0, index: 0, why: null });
  const link = readAnswer(answer("20000000 1000 0000 01000000 00000000", "00 00 0100 05000000 00000000 00000000"));
  assert.equal(link, { errno: 0, index: 5, why: null });
  const refused = readAnswer(answer("24000000 0200 0001 01000000 00000000 9bffffff", asked));
  assert.equal(refused, { errno: 101, index: 0, why: null });
  // NLM_F_ACK_TLVS; an attribute that is passed over, then the text.
  const reason = ["0800 0200 10000000", "0900 0100 4e6f2e2100", "000000"];
  const explained = readAnswer(answer("40000000 0200 0003 01000000 00000000 eaffffff", asked, ...reason));
  assert.equal(explained, { errno: 22, index: 0, why: "No.!" });
});

test("answers that make no sense are errors and hang nobody", () => {
  assert.is(readAnswer(19).errno, 19);
  assert.is(readAnswer(answer("04000000")).errno, 71);
  assert.is(readAnswer(answer("20000000 0300 0000 01000000 00000000", "00".repeat(16))).errno, 71);
  for (const length of ["0000", "0300", "ffff"]) {
    const cut = readAnswer(answer("28000000 0200 0003 01000000 00000000 eaffffff", asked, `${length} 0100`));
    assert.equal(cut, { errno: 22, index: 0, why: null });
  }
});

test.run();
