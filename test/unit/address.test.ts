/** The words of a network: what they take, and that nothing else gets through into a batch line, a path or a file. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { quote } from "../../src/log/quote.ts";
import type { Ipv4 } from "../../src/net/address.ts";
import * as address from "../../src/net/address.ts";

const parsers = {
  ipv4: address.parseIpv4,
  ipv6: address.parseIpv6,
  cidr: address.parseCidr,
  mac: address.parseMac,
  ifname: address.parseIfname,
  hostname: address.parseHostname,
  id: address.parseContainerId,
};

const takes: { readonly [Key in keyof typeof parsers]: readonly string[] } = {
  ipv4: ["0.0.0.0", "10.0.0.5", "255.255.255.255"],
  ipv6: ["::", "fd00::1", "2001:db8::192.0.2.1"],
  cidr: ["10.0.0.5/24", "0.0.0.0/0", "fd00::1/64", "::/0", "10.0.0.5/32", "fd00::1/128"],
  mac: ["02:00:5e:aa:bb:cc", "00:00:00:00:00:00"],
  ifname: ["eth0", "a", "br-lan.5", "_x", "x".repeat(15)],
  hostname: ["a", "web-1.lan", "1", "x".repeat(63), `${"x".repeat(63)}.${"y".repeat(63)}`],
  id: ["web1", "a+b_c.d-e", "...", "x".repeat(200)],
};

const refuses: { readonly [Key in keyof typeof parsers]: readonly string[] } = {
  ipv4: ["010.0.0.1", "10.0.0", "10.0.0.256", "0x0a.0.0.1", "10.0.0.1/24", "167772161", "1.2.3.4.5"],
  ipv6: ["fe80::1%eth0", ":::", "fd00::g", "10.0.0.1", "1:2:3:4:5:6:7:8:9"],
  cidr: ["10.0.0.5", "10.0.0.5/33", "10.0.0.5/024", "10.0.0.5/-1", "fd00::1/129", "/24", "10.0.0.5/", "10.0.0.5/2 4"],
  mac: ["02:00:5e:aa:bb", "02:00-5e:aa:bb:cc", "02005eaabbcc", "02:00:5e:aa:bb:cc:dd", "0g:00:00:00:00:00"],
  ifname: [".", "..", "-x", "x".repeat(16), "a/b", "a:0", "eth0%d"],
  hostname: [".", "-a", "a-", "a..b", "a_b", "x".repeat(64), `${"a.".repeat(127)}a`],
  id: [".", "..", "a/b", "../x", "x".repeat(201), "a:b"],
};

const hostile = [
  "",
  " ",
  "a b",
  "a\n",
  "a\nb",
  "\n",
  "a\0",
  "a;b",
  "$(a)",
  "`a`",
  "a'b",
  'a"b',
  "a\\b",
  "../a",
  "é",
  "а",
  "\u202ea",
  "１",
  "a\u2028b",
  "x".repeat(4096),
];

for (const [name, parse] of Object.entries(parsers) as [keyof typeof parsers, (text: string) => string | undefined][]) {
  test(`${name}: what it is`, () => {
    for (const text of takes[name]) assert.is(parse(text), text);
  });

  test(`${name}: what it is not`, () => {
    for (const text of refuses[name]) assert.is(parse(text), undefined, text);
  });

  test(`${name}: no white space, shell or control character, path or foreign script, at neither end`, () => {
    for (const text of hostile) {
      assert.is(parse(text), undefined, text);
      for (const good of takes[name].slice(0, 2)) {
        if (text === "" || /^(?:a|\.\.\/a)$/.test(text)) continue;
        assert.is(parse(good + text), undefined, good + text);
        assert.is(parse(text + good), undefined, text + good);
      }
    }
  });
}

test("forms that are the same become the same", () => {
  assert.is(address.parseMac("02-00-5E-AA-BB-CC"), "02:00:5e:aa:bb:cc");
  assert.is(address.parseIpv6("FD00::A"), "fd00::a");
  assert.is(address.parseCidr("FD00::A/64"), "fd00::a/64");
  assert.is(address.parseHostname("web.lan."), "web.lan");
});

test("addresses and MACs to bytes and back", () => {
  for (const text of ["0.0.0.0", "10.0.0.5", "255.255.255.255"]) {
    const ip = address.parseIpv4(text) ?? assert.unreachable();
    if (ip === undefined) continue;
    assert.is(address.ipv4FromBytes(address.ipv4ToBytes(ip)), text);
    assert.is(address.ipv4FromNumber(address.ipv4ToNumber(ip)), text);
  }
  const mac = address.parseMac("02:00:5e:aa:bb:cc");
  if (mac !== undefined) assert.is(address.macFromBytes(address.macToBytes(mac)), mac);
});

test("masks and prefixes", () => {
  for (let prefix = 0; prefix <= 32; prefix += 1)
    assert.is(address.prefixOfMask(address.ipv4FromNumber(address.netmask(prefix))), prefix);
  for (const mask of ["255.0.255.0", "0.0.0.1", "255.255.255.253"])
    assert.is(address.prefixOfMask(mask as Ipv4), undefined);
  assert.ok(address.inPrefix("200.0.0.5" as Ipv4, "200.0.0.1" as Ipv4, 24));
  assert.not(address.inPrefix("200.0.1.5" as Ipv4, "200.0.0.1" as Ipv4, 24));
  assert.ok(address.inPrefix("1.2.3.4" as Ipv4, "255.0.0.1" as Ipv4, 0));
});

test("addresses of hosts", () => {
  for (const ip of ["1.0.0.1", "10.0.0.5", "169.254.1.1", "223.255.255.254"])
    assert.ok(address.isHostAddress(ip as Ipv4));
  for (const ip of ["0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"])
    assert.not(address.isHostAddress(ip as Ipv4));
});

test("a quoted text is short, printable ASCII, whatever it was", () => {
  assert.is(quote('a"b\\c\n\u001b\u{1f600}é'), '"a\\"b\\\\c\\n\\u001b\\ud83d\\ude00\\u00e9"');
  assert.is(quote("x".repeat(58)).length, 60);
  assert.is(quote("x".repeat(59)), `"${"x".repeat(55)}..."`);
  for (const text of hostile)
    for (const times of [1, 5, 30]) assert.match(quote(text.repeat(times)), /^"[\x20-\x7e]{0,58}"$/);
});

test.run();
