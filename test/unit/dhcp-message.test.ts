/**
 * The DHCPv4 codec: bytes to message and back, and what hostile bytes become.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeMessage, encodeMessage, type Message } from "../../src/dhcp/message.ts";
import { writeField } from "../../src/dhcp/options/field.ts";
import { messageType } from "../../src/dhcp/options/messageType.ts";
import { read } from "../../src/dhcp/options/option.ts";
import { hostName, messageText } from "../../src/dhcp/options/text.ts";
import type { Ipv4, Mac } from "../../src/net/address.ts";

const ip = (text: string) => text as Ipv4;

const message = (options: ReadonlyMap<number, Uint8Array>): Message => ({
  op: "BOOTREPLY",
  xid: 0xfedcba98,
  secs: 7,
  broadcast: true,
  ciaddr: ip("0.0.0.0"),
  yiaddr: ip("10.0.0.5"),
  siaddr: ip("10.0.0.2"),
  giaddr: ip("10.0.0.3"),
  chaddr: "02:00:00:aa:bb:cc" as Mac,
  options,
});

const kindOf = (bytes: Uint8Array): string =>
  decodeMessage(bytes).match(
    () => "ok",
    (error) => error.kind,
  );

/** An empty message whose option field is `options`, with `file` and `sname` as given. */
const raw = (options: readonly number[], file: readonly number[] = [], sname: readonly number[] = []): Uint8Array => {
  const bytes = new Uint8Array(240 + options.length);
  bytes.set(encodeMessage(message(new Map())).subarray(0, 240));
  bytes.set(sname, 44);
  bytes.set(file, 108);
  bytes.set(options, 240);
  return bytes;
};

const optionsOf = (bytes: Uint8Array) =>
  decodeMessage(bytes)
    .map(({ options }) => options)
    .unwrapOr(new Map());

test("a message survives the way to bytes and back, and is padded to 300 octets", () => {
  const sent = message(new Map([[53, Uint8Array.of(5)]]));
  const bytes = encodeMessage(sent);
  assert.is(bytes.length, 300);
  assert.equal(decodeMessage(bytes)._unsafeUnwrap(), sent);
});

test("an option over 255 octets goes out in pieces and comes back whole (RFC 3396)", () => {
  const long = Uint8Array.from({ length: 700 }, (_, i) => i & 255);
  const bytes = encodeMessage(message(new Map([[119, long]])));
  assert.equal([bytes[240], bytes[241], bytes[240 + 257], bytes[240 + 514 + 1]], [119, 255, 119, 190]);
  assert.equal(optionsOf(bytes).get(119), long);
});

test("an empty option is sent with length zero", () => {
  assert.equal(writeField(new Map([[80, new Uint8Array(0)]])), Uint8Array.of(80, 0, 255));
});

test("pieces of one option that are apart are put together in order", () => {
  assert.equal(optionsOf(raw([12, 1, 97, 0, 53, 1, 2, 12, 1, 98, 255])).get(12), Uint8Array.of(97, 98));
});

test("overloaded file and sname are read after the options, in this order", () => {
  const bytes = raw([52, 1, 3, 12, 1, 97, 255], [12, 1, 98, 255], [12, 1, 99, 255]);
  assert.equal(optionsOf(bytes).get(12), Uint8Array.of(97, 98, 99));
});

test("an overload option inside file leads nowhere", () => {
  const bytes = raw([52, 1, 1, 255], [52, 1, 2, 255], [12, 1, 99, 255]);
  assert.is(optionsOf(bytes).get(12), undefined);
});

test("file and sname are no options without overload", () => {
  assert.is(optionsOf(raw([53, 1, 2, 255], [12, 1, 98, 255])).get(12), undefined);
});

test("a missing END is tolerated; what follows END is not read", () => {
  assert.equal(optionsOf(raw([53, 1, 2])).get(53), Uint8Array.of(2));
  assert.is(optionsOf(raw([255, 53, 1, 2])).get(53), undefined);
});

test("what is no message says why", () => {
  const good = raw([53, 1, 2, 255]);
  const changed = (at: number, octet: number) => Uint8Array.from(good, (old, i) => (i === at ? octet : old));
  assert.is(kindOf(new Uint8Array(0)), "too-short");
  assert.is(kindOf(good.subarray(0, 239)), "too-short");
  assert.is(kindOf(new Uint8Array(70_000)), "too-long");
  assert.is(kindOf(changed(0, 3)), "bad-op");
  assert.is(kindOf(changed(1, 6)), "bad-hardware");
  assert.is(kindOf(changed(2, 16)), "bad-hardware");
  assert.is(kindOf(changed(239, 0)), "bad-magic");
  assert.is(kindOf(raw([53])), "truncated-option");
  assert.is(kindOf(raw([53, 2, 1])), "truncated-option");
  assert.is(kindOf(raw([52, 1, 2, 255], [], [...new Array(62).fill(0), 12, 9])), "truncated-option");
});

test("a datagram that is a view into a larger buffer is read at its own offset", () => {
  const bytes = encodeMessage(message(new Map([[53, Uint8Array.of(2)]])));
  const larger = new Uint8Array(400).fill(255);
  larger.set(bytes, 50);
  const decoded = decodeMessage(larger.subarray(50, 350))._unsafeUnwrap();
  assert.is(decoded.xid, 0xfedcba98);
  larger.fill(0);
  assert.is(read(decoded.options, messageType), "OFFER");
});

test("a server's text is made printable", () => {
  const text = Uint8Array.from([...Buffer.from("no\x1b[31m lease\n", "latin1"), 0, 0]);
  assert.is(messageText.decode(text), "no?[31m lease?");
  assert.is(messageText.decode(new Uint8Array(3)), undefined);
  assert.is(messageText.decode(new Uint8Array(60_000).fill(65))?.length, 255);
});

test("a host name that is none is dropped", () => {
  const named = (text: string) => hostName.decode(new TextEncoder().encode(text));
  assert.is(named("web-1"), "web-1");
  assert.is(named("web-1\0"), "web-1");
  for (const bad of ["", "a b", "a\nb", "-a", "a..b", "x".repeat(300), "$(id)"]) assert.is(named(bad), undefined, bad);
});

test("a message type outside 1–8 is none", () => {
  for (const bad of [[], [0], [9], [255], [1, 2]]) assert.is(messageType.decode(Uint8Array.from(bad)), undefined);
});

test.run();
