/**
 * Options with a structure of their own: routes, the search list; and the client identifier.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { clientIdBytes } from "../../src/dhcp/clientId.ts";
import { domainSearch } from "../../src/dhcp/options/domainSearch.ts";
import { classlessRoutes, staticRoutes } from "../../src/dhcp/options/routes.ts";
import type { Hostname, Ifname, Mac } from "../../src/net/address.ts";

const bytes = (...parts: readonly (number | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [part.length, ...Buffer.from(part)])));

test("classless routes: widths of zero, of whole octets and between, host bits off", () => {
  const payload = bytes(0, 10, 0, 0, 1, 24, 192, 0, 2, 10, 0, 0, 9, 9, 10, 255, 0, 0, 0, 0);
  assert.equal(classlessRoutes.decode(payload), [
    { to: "0.0.0.0", prefix: 0, via: "10.0.0.1" },
    { to: "192.0.2.0", prefix: 24, via: "10.0.0.9" },
    { to: "10.128.0.0", prefix: 9, via: "0.0.0.0" },
  ]);
});

test("classless routes are the same after encoding", () => {
  const routes = classlessRoutes.decode(bytes(17, 10, 1, 128, 10, 0, 0, 1)) ?? [];
  assert.equal(classlessRoutes.decode(classlessRoutes.encode(routes)), routes);
});

test("classless routes that are cut off or wider than 32 are no routes at all", () => {
  for (const bad of [[], [33, 1, 2, 3, 4, 5, 6, 7, 8, 9], [24, 10, 0, 0, 10, 0, 0], [8]]) {
    assert.is(classlessRoutes.decode(Uint8Array.from(bad)), undefined);
  }
});

test("classless routes are at most 64", () => {
  assert.is(classlessRoutes.decode(new Uint8Array(5 * 1000))?.length, 64);
});

test("static routes take the class's prefix, longer where there are host bits, and never a default route", () => {
  const payload = bytes(10, 0, 0, 0, 1, 1, 1, 1, 172, 16, 0, 0, 1, 1, 1, 1, 192, 168, 1, 0, 1, 1, 1, 1);
  const more = bytes(10, 1, 2, 3, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1);
  const prefixes = staticRoutes
    .decode(Uint8Array.from([...payload, ...more]))
    ?.map(({ to, prefix }) => `${to}/${prefix}`);
  assert.equal(prefixes, ["10.0.0.0/8", "172.16.0.0/16", "192.168.1.0/24", "10.1.2.3/32"]);
  assert.is(staticRoutes.decode(bytes(1, 2, 3)), undefined);
});

test("a search list with pointers", () => {
  const payload = bytes("eng", "apple", "com", 0, "marketing", 0xc0, 4);
  assert.equal(domainSearch.decode(payload), ["eng.apple.com", "marketing.apple.com"]);
});

test("a search list is the same after encoding", () => {
  const names = ["a.example", "b.c.example"] as Hostname[];
  assert.equal(domainSearch.decode(domainSearch.encode(names)), names);
});

test("a pointer to itself, forwards, in a circle or out of the list is no list", () => {
  assert.is(domainSearch.decode(bytes(0xc0, 0)), undefined);
  assert.is(domainSearch.decode(bytes("a", 0xc0, 4, "b", 0)), undefined);
  assert.is(domainSearch.decode(bytes("a", 0xc0, 0)), undefined);
  assert.is(domainSearch.decode(bytes("a", 0, "b", 0xc0, 3)), undefined);
  assert.is(domainSearch.decode(bytes("a", 0xff, 0xff)), undefined);
});

test("a name that is cut off, or has a reserved label type, is no list", () => {
  assert.is(domainSearch.decode(bytes("abc")), undefined);
  assert.is(domainSearch.decode(bytes(5, 97, 98)), undefined);
  assert.is(domainSearch.decode(bytes(0x80, 1, 0)), undefined);
  assert.is(domainSearch.decode(bytes("a", 0xc0)), undefined);
});

test("names that are no host names are dropped, doubles too, and 32 are enough", () => {
  assert.equal(domainSearch.decode(bytes("a b", 0, "ok", 0, "ok", 0, "x\n", 0)), ["ok"]);
  const many = Array.from({ length: 100 }, (_, i) => `n${i}.example`) as Hostname[];
  assert.is(domainSearch.decode(domainSearch.encode(many))?.length, 32);
});

test("a large list of long names made of pointers is read in no time", () => {
  const start = bytes(...new Array(120).fill("_"), 0);
  const payload = new Uint8Array(60_000);
  payload.set(start);
  for (let at = start.length; at + 1 < payload.length; at += 2) payload.set([0xc0, 0], at);
  const began = performance.now();
  domainSearch.decode(payload);
  assert.ok(performance.now() - began < 250);
});

const mac = "02:00:00:aa:bb:cc" as Mac;
const eth0 = "eth0" as Ifname;
const machine = "0123456789abcdef0123456789abcdef";

test("client identifiers: MAC, text, none", () => {
  assert.equal(clientIdBytes({ kind: "mac" }, mac, machine, eth0), Uint8Array.of(1, 2, 0, 0, 0xaa, 0xbb, 0xcc));
  assert.equal(clientIdBytes({ kind: "text", text: "é" }, mac, machine, eth0), Uint8Array.of(0, 0xc3, 0xa9));
  assert.is(clientIdBytes({ kind: "none" }, mac, machine, eth0), null);
});

test("a DUID is the host's, its IAID the container's, and machine-id does not show", () => {
  const one = clientIdBytes({ kind: "duid" }, mac, `${machine}\n`, eth0) ?? new Uint8Array();
  const other = clientIdBytes({ kind: "duid" }, "02:00:00:aa:bb:cd" as Mac, machine, eth0) ?? new Uint8Array();
  assert.is(one.length, 23);
  assert.equal([one[0], one[5], one[6]], [255, 0, 4]);
  assert.equal(one.subarray(5), other.subarray(5));
  assert.not.equal(one.subarray(1, 5), other.subarray(1, 5));
  assert.not.ok(Buffer.from(one).toString("hex").includes(machine));
  assert.equal(clientIdBytes({ kind: "duid" }, mac, machine, eth0), one);
});

test("without a machine-id the DUID falls back to the MAC", () => {
  for (const bad of [null, "", "uninitialized", "0".repeat(32)]) {
    assert.is(clientIdBytes({ kind: "duid" }, mac, bad, eth0)?.[0], 1);
  }
});

test.run();
