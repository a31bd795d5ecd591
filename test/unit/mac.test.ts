/** The MAC scheme: whose it is can be read off it, and who comes back gets the same. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type MacScheme, macCandidates } from "../../src/identity/mac.ts";
import { type Ipv4, isUnicast, macToBytes, parseMac } from "../../src/net/address.ts";

const counting = () => {
  let next = 0;
  return (size: number): Uint8Array => Uint8Array.from({ length: size }, () => (next = (next * 5 + 77) & 255));
};
const scheme = (change: Partial<MacScheme>): MacScheme => ({
  workerIp: "192.0.2.17" as Ipv4,
  machineId: "0123456789abcdef0123456789abcdef",
  identity: "hostname:web1",
  network: "lan",
  random: counting(),
  ...change,
});
const candidates = (change: Partial<MacScheme>) => [...macCandidates(scheme(change))];

test("every candidate is locally administered, unicast, and carries the worker's address", () => {
  for (const identity of ["hostname:web1", null]) {
    const all = candidates({ identity });
    assert.is(all.length, 256);
    for (const mac of all) {
      const [first = 0, ...rest] = macToBytes(mac);
      assert.is(first & 3, 2);
      assert.equal(rest.slice(0, 3), [0, 2, 17]);
      assert.ok(parseMac(mac) === mac && isUnicast(mac));
    }
  }
});

test("with an identity: always the same ones, in the same order, without any chance", () => {
  const random = () => assert.unreachable("asked for random bytes") ?? new Uint8Array();
  assert.equal(candidates({ random }), candidates({ random }));
  assert.ok(new Set(candidates({})).size > 250);
});

test("another identity, network or worker: another MAC", () => {
  const first = (change: Partial<MacScheme>) => candidates(change)[0];
  const all = [
    first({}),
    first({ identity: "hostname:web2" }),
    first({ identity: "name:web1" }),
    first({ network: "lan2" }),
    first({ workerIp: "192.0.2.18" as Ipv4 }),
    first({ workerIp: null }),
    first({ workerIp: null, machineId: "f".repeat(32) }),
  ];
  assert.is(new Set(all).size, all.length);
});

test("the parts of a hash cannot be moved into one another", () => {
  assert.is.not(candidates({ network: "a", identity: "b c" })[0], candidates({ network: "a b", identity: "c" })[0]);
});

test("a worker without an address has octets of its machine-id, without that random ones, the same for all candidates", () => {
  const middle = (change: Partial<MacScheme>) => new Set(candidates(change).map((mac) => mac.slice(3, 11)));
  assert.equal(middle({ workerIp: null }), middle({ workerIp: null, random: () => new Uint8Array(3) }));
  assert.is(middle({ workerIp: null, machineId: null }).size, 1);
});

test("without an identity the rest is random", () => {
  const macs = candidates({ identity: null, random: (size) => new Uint8Array(size).fill(255) });
  assert.is(macs[0], "fe:00:02:11:ff:ff");
  assert.ok(new Set(candidates({ identity: null })).size > 1);
});

test.run();
