/**
 * What of an ACK becomes a lease, and what keeps it from being one.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { leaseFromAck } from "../../src/dhcp/leaseFromAck.ts";
import type { Message } from "../../src/dhcp/message.ts";
import { dnsServers, routers, serverId, subnetMask } from "../../src/dhcp/options/address.ts";
import { interfaceMtu, leaseTime, rebindingTime, renewalTime } from "../../src/dhcp/options/integer.ts";
import { entry } from "../../src/dhcp/options/option.ts";
import { classlessRoutes, staticRoutes } from "../../src/dhcp/options/routes.ts";
import { parseRecord } from "../../src/lease/record.ts";
import type { Ipv4, Mac } from "../../src/net/address.ts";
import { outcomeOf } from "../outcome.ts";
import { someRecord } from "../record.ts";

const ip = (text: string) => text as Ipv4;
type Entry = readonly [number, Uint8Array];

const ack = (yiaddr: string, mask: string | null, ...more: readonly Entry[]): Message => ({
  op: "BOOTREPLY",
  xid: 1,
  secs: 0,
  broadcast: true,
  ciaddr: ip("0.0.0.0"),
  yiaddr: ip(yiaddr),
  siaddr: ip("0.0.0.0"),
  giaddr: ip("0.0.0.0"),
  chaddr: "02:00:00:aa:bb:cc" as Mac,
  options: new Map<number, Uint8Array>([
    entry(serverId, ip("10.0.0.2")),
    entry(leaseTime, 3600),
    ...(mask === null ? [] : [entry(subnetMask, ip(mask))]),
    ...more,
  ]),
});

const defect = (message: Message) =>
  leaseFromAck(message).match(
    () => "a lease",
    ({ kind }) => kind,
  );
const lease = (...more: readonly Entry[]) => leaseFromAck(ack("10.0.0.5", "255.255.255.0", ...more))._unsafeUnwrap();
const routesOf = (...more: readonly Entry[]) => lease(...more).routes.map(({ to, via }) => `${to} ${via ?? "link"}`);
const classless = (...routes: readonly (readonly [string, number, string])[]) =>
  entry(
    classlessRoutes,
    routes.map(([to, prefix, via]) => ({ to: ip(to), prefix, via: ip(via) })),
  );

test("the least that is a lease", () => {
  assert.equal(lease(), {
    address: "10.0.0.5",
    prefix: 24,
    routes: [],
    dns: [],
    domain: null,
    search: [],
    mtu: null,
    leaseSeconds: 3600,
    t1Seconds: 1800,
    t2Seconds: 3150,
    server: "10.0.0.2",
  });
});

test("no mask, and masks that are none", () => {
  assert.is(defect(ack("10.0.0.5", null)), "no-mask");
  assert.is(defect(ack("10.0.0.5", "255.0.255.0")), "bad-mask");
  assert.is(defect(ack("10.0.0.5", "0.0.0.0")), "bad-mask");
});

test("addresses that no host can have", () => {
  for (const bad of ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "10.0.0.0", "10.0.0.255"]) {
    assert.is(defect(ack(bad, "255.255.255.0")), "bad-address", bad);
  }
  assert.is(defect(ack("10.0.0.0", "255.255.255.254")), "a lease");
  assert.is(defect(ack("10.0.0.255", "255.255.255.255")), "a lease");
});

test("no lease time, no server", () => {
  assert.is(defect(ack("10.0.0.5", "255.255.255.0", entry(leaseTime, 0))), "no-lease-time");
  assert.is(defect(ack("10.0.0.5", "255.255.255.0", entry(serverId, ip("0.0.0.0")))), "no-server");
  assert.is(defect(ack("10.0.0.5", "255.255.255.0", [54, new Uint8Array(0)])), "no-server");
});

test("an address that is the server's own is none for a client: nobody could release it", () => {
  const own = (address: string) => defect(ack(address, "255.255.255.0"));
  assert.is(own("10.0.0.2"), "own-server");
  assert.is(own("10.0.0.3"), "a lease");
});

test("T1 and T2 of the server are taken where they are in order, else the defaults", () => {
  const times = (t1: number, t2: number) => {
    const { t1Seconds, t2Seconds } = lease(entry(renewalTime, t1), entry(rebindingTime, t2));
    return [t1Seconds, t2Seconds];
  };
  assert.equal(times(600, 1200), [600, 1200]);
  for (const [t1, t2] of [
    [0, 1200],
    [1, 1200],
    [1200, 1200],
    [1200, 600],
    [600, 3600],
    [600, 99999],
  ] as const) {
    assert.equal(times(t1, t2), [1800, 3150]);
  }
});

test("a lease for ever is renewed never; the shortest still has T1 < T2 < its end", () => {
  assert.is(lease(entry(leaseTime, 0xffffffff)).t1Seconds, 0xffffffff);
  for (let seconds = 1; seconds < 20; seconds += 1) {
    const { t1Seconds: t1, t2Seconds: t2 } = lease(entry(leaseTime, seconds));
    assert.ok(0 < t1 && t1 < t2 && t2 < seconds, `${seconds}: ${t1} ${t2}`);
  }
});

test("whatever a server grants can be read back from its record", () => {
  for (const seconds of [1, 2, 3, 5, 66, 3601, 0xfffffffe, 0xffffffff]) {
    const granted = lease(entry(leaseTime, seconds));
    const record = parseRecord(JSON.stringify({ ...someRecord(), lease: granted }));
    assert.equal(outcomeOf(record).lease, granted, `${seconds} s`);
  }
});

test("an MTU under 576 is ignored", () => {
  assert.is(lease(entry(interfaceMtu, 67)).mtu, null);
  assert.is(lease(entry(interfaceMtu, 575)).mtu, null);
  assert.is(lease(entry(interfaceMtu, 576)).mtu, 576);
  assert.is(lease(entry(interfaceMtu, 9000)).mtu, 9000);
});

test("the first usable router is the default route", () => {
  const list = ["0.0.0.0", "10.0.0.5", "10.0.0.255", "10.0.0.1", "10.0.0.3"].map(ip);
  assert.equal(routesOf(entry(routers, list)), ["0.0.0.0/0 10.0.0.1"]);
});

test("static routes come before the default route", () => {
  const toTen = entry(staticRoutes, [{ to: ip("172.16.0.0"), prefix: 16, via: ip("10.0.0.9") }]);
  assert.equal(routesOf(entry(routers, [ip("10.0.0.1")]), toTen), ["172.16.0.0/16 10.0.0.9", "0.0.0.0/0 10.0.0.1"]);
});

test("classless routes put options 3 and 33 aside; a malformed 121 does not", () => {
  const router = entry(routers, [ip("10.0.0.1")]);
  assert.equal(routesOf(router, classless(["192.0.2.0", 24, "10.0.0.9"])), ["192.0.2.0/24 10.0.0.9"]);
  assert.equal(routesOf(router, [121, Uint8Array.of(99)]), ["0.0.0.0/0 10.0.0.1"]);
});

test("a router off the prefix comes after an on-link route to it, once", () => {
  assert.equal(routesOf(entry(routers, [ip("10.9.9.1")])), ["10.9.9.1/32 link", "0.0.0.0/0 10.9.9.1"]);
  const two = classless(["0.0.0.0", 0, "10.9.9.1"], ["192.0.2.0", 24, "10.9.9.1"], ["10.9.9.1", 32, "0.0.0.0"]);
  assert.equal(routesOf(two), ["10.9.9.1/32 link", "0.0.0.0/0 10.9.9.1", "192.0.2.0/24 10.9.9.1"]);
  const covered = classless(["10.9.9.0", 24, "0.0.0.0"], ["0.0.0.0", 0, "10.9.9.1"]);
  assert.equal(routesOf(covered), ["10.9.9.0/24 link", "0.0.0.0/0 10.9.9.1"]);
});

test("routes to the loopback, through ourselves, through no host, doubled, or the kernel's own are dropped", () => {
  const odd = classless(
    ["127.0.0.0", 8, "10.0.0.1"],
    ["127.0.0.1", 32, "0.0.0.0"],
    ["192.0.2.0", 24, "10.0.0.5"],
    ["192.0.2.0", 24, "224.0.0.1"],
    ["10.0.0.0", 24, "0.0.0.0"],
    ["198.51.100.0", 24, "10.0.0.1"],
    ["198.51.100.0", 24, "10.0.0.3"],
  );
  assert.equal(routesOf(odd), ["198.51.100.0/24 10.0.0.1"]);
});

test("a container with a /32 reaches its router on the link", () => {
  const message = ack("10.0.0.5", "255.255.255.255", entry(routers, [ip("10.0.0.1")]));
  const routes = leaseFromAck(message)._unsafeUnwrap().routes;
  assert.equal(routes, [
    { to: "10.0.0.1/32", via: null },
    { to: "0.0.0.0/0", via: "10.0.0.1" },
  ]);
});

test("DNS servers: no zeros, no multicast, no doubles, eight at most", () => {
  const list = ["0.0.0.0", "10.0.0.2", "224.0.0.251", "10.0.0.2", "9.9.9.9", "255.255.255.255"].map(ip);
  assert.equal(lease(entry(dnsServers, list)).dns, ["10.0.0.2", "9.9.9.9"]);
  const many = Array.from({ length: 40 }, (_, i) => ip(`10.0.1.${i}`));
  assert.is(lease(entry(dnsServers, many)).dns.length, 8);
});

test.run();
