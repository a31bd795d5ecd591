/** The bytes of RTM_NEWADDR, against rtnetlink(7). That the kernel takes them, the keeper's system tests show. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Ifname, Ipv4 } from "../../src/net/address.ts";
import { getLinkMessage, newAddressMessage } from "../../src/netns/prolong.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("an address with a lifetime, byte by byte", () => {
  const bytes = newAddressMessage(2, "10.88.0.77" as Ipv4, 24, 3600);
  const expected = [
    "44000000 1400 0501 01000000 00000000", // 68 bytes, RTM_NEWADDR, REQUEST|ACK|REPLACE, sequence 1
    "02 18 00 00 02000000", // AF_INET, /24, interface 2
    "0800 0200 0a58004d", // IFA_LOCAL
    "0800 0100 0a58004d", // IFA_ADDRESS
    "0800 0400 0a5800ff", // IFA_BROADCAST
    "1400 0600 100e0000 100e0000 00000000 00000000", // IFA_CACHEINFO
  ];
  assert.is(hex(bytes), expected.join("").replaceAll(" ", ""));
});

test("no broadcast address where the prefix has no room for one; for ever is all ones", () => {
  for (const prefix of [31, 32]) {
    const text = hex(newAddressMessage(7, "192.0.2.1" as Ipv4, prefix, 0xffffffff));
    assert.is(text.length / 2, 24 + 8 + 8 + 20);
    assert.ok(text.endsWith("14000600ffffffffffffffff0000000000000000"));
  }
});

test("the question for an interface's index, byte by byte", () => {
  const expected =
    "2c000000 1200 0100 01000000 00000000 00000000 00000000 00000000 00000000 0900 0300 6574683000 000000";
  assert.is(hex(getLinkMessage("eth0" as Ifname)), expected.replaceAll(" ", ""));
});

test.run();
