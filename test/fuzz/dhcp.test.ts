/**
 * Hostile packets through everything that a packet reaches: decoder, lease, machine. Seeded; the seed is printed and may be given in
 * BERTH_FUZZ_SEED.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Lease } from "../../src/dhcp/lease.ts";
import { leaseFromAck } from "../../src/dhcp/leaseFromAck.ts";
import { step } from "../../src/dhcp/machine.ts";
import { decodeMessage, encodeMessage } from "../../src/dhcp/message.ts";
import { initialState, type State } from "../../src/dhcp/state.ts";
import type { Env } from "../../src/dhcp/transitions.ts";
import { parseRecord } from "../../src/lease/record.ts";
import { type Ipv4, isHostAddress, type Mac, parseCidr, parseHostname, parseIpv4 } from "../../src/net/address.ts";
import { outcomeOf } from "../outcome.ts";
import { someRecord } from "../record.ts";

const record = someRecord();
const seed = Number(process.env["BERTH_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`BERTH_FUZZ_SEED=${seed}`);

let word = seed | 0;
const random = (): number => {
  word = (word + 0x6d2b79f5) | 0;
  let t = Math.imul(word ^ (word >>> 15), 1 | word);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (limit: number): number => Math.floor(random() * limit);
const octets = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));
const pick = <T>(list: readonly [T, ...T[]]): T => list[below(list.length)] ?? list[0];

const ROUNDS = 30_000;
const SLOW_MS = 250;
const MAC = "02:00:00:aa:bb:cc" as Mac;
const SERVER = "10.0.0.2" as Ipv4;
const CODES: readonly [number, ...number[]] = [
  1, 3, 6, 12, 15, 26, 33, 50, 51, 52, 53, 54, 56, 58, 59, 61, 80, 82, 119, 121,
];

const env: Env = {
  mac: MAC,
  clientId: Uint8Array.of(1, 2, 3),
  hostname: null,
  vendorClass: null,
  rapidCommit: true,
  probe: false,
  random,
};

/** Payloads that are mostly right, so that the fuzz gets past the first check. */
const payload = (code: number): Uint8Array => {
  if (random() < 0.1) return octets(below(random() < 0.1 ? 3000 : 40));
  switch (code) {
    case 1:
      return Uint8Array.of(255, 255, pick([255, 0, 240, 7]), pick([0, 0, 128, 254]));
    case 51:
      return Uint8Array.of(0, 0, pick([0, 14]), below(256));
    case 53:
      return Uint8Array.of(pick([2, 5, 5, 6, below(256)]));
    case 54:
      return Uint8Array.of(10, 0, 0, pick([2, 2, 3]));
    case 61:
      return Uint8Array.of(1, 2, 3);
    case 52:
      return Uint8Array.of(below(4));
    case 121:
      return random() < 0.5
        ? octets(below(3000)).map((octet) => octet % 33)
        : Uint8Array.of(0, 10, 0, 0, below(256), 24, 192, 0, 2, ...octets(4));
    case 119:
      return octets(below(600)).map((octet) => (octet > 200 ? 0xc0 : octet > 150 ? 0 : (octet % 4) + (octet & 96)));
    case 3:
    case 6:
    case 33:
      return octets(4 * below(pick([4, 200])));
    default:
      return octets(below(10));
  }
};

const packet = (xid: number): Uint8Array => {
  if (random() < 0.05) return octets(below(pick([10, 300, 1500, 70_000])));
  const options = new Map(Array.from({ length: below(14) }, () => pick(CODES)).map((code) => [code, payload(code)]));
  if (random() < 0.9) for (const code of [1, 51, 53, 54]) options.set(code, payload(code));
  const bytes = encodeMessage({
    op: "BOOTREPLY",
    xid,
    secs: 0,
    broadcast: true,
    ciaddr: "0.0.0.0" as Ipv4,
    yiaddr: `10.0.${below(3)}.${below(256)}` as Ipv4,
    siaddr: SERVER,
    giaddr: SERVER,
    chaddr: MAC,
    options,
  });
  if (random() < 0.3) bytes.set(octets(below(64)), 44 + below(100));
  for (let changes = random() < 0.3 ? below(20) : 0; changes > 0; changes -= 1) bytes[below(bytes.length)] = below(256);
  return random() < 0.1 ? bytes.subarray(0, below(bytes.length)) : bytes;
};

/** Everything in a lease is once more put through the parser of its type. */
const checkLease = (lease: Lease): void => {
  assert.ok(parseIpv4(lease.address) === lease.address && isHostAddress(lease.address));
  assert.ok(parseIpv4(lease.server) === lease.server && isHostAddress(lease.server));
  assert.ok(Number.isInteger(lease.prefix) && lease.prefix >= 1 && lease.prefix <= 32);
  assert.ok(lease.routes.length <= 64 && lease.dns.length <= 8 && lease.search.length <= 32);
  for (const { to, via } of lease.routes) {
    assert.ok(parseCidr(to) === to && !to.startsWith("127."));
    assert.ok(via === null || (parseIpv4(via) === via && isHostAddress(via as Ipv4) && via !== lease.address));
  }
  assert.is(new Set(lease.routes.map(({ to }) => to)).size, lease.routes.length);
  assert.ok(lease.dns.every((server) => parseIpv4(server) === server));
  assert.ok([lease.domain, ...lease.search].every((name) => name === null || parseHostname(name) === name));
  assert.ok(lease.mtu === null || (lease.mtu >= 576 && lease.mtu <= 65535));
  const { t1Seconds: t1, t2Seconds: t2, leaseSeconds } = lease;
  assert.ok(leaseSeconds === 0xffffffff ? t1 === leaseSeconds : 0 < t1 && t1 < t2 && t2 < leaseSeconds);
  // What cannot be read back from its record could be neither renewed nor released.
  assert.equal(outcomeOf(parseRecord(JSON.stringify({ ...record, lease }))).lease, lease);
};

test("no packet throws, takes long, or makes anything but valid types", () => {
  let state: State = initialState(null);
  let now = 0;
  let slowest = 0;
  const seen = { decoded: 0, leases: 0, bound: 0, naks: 0 };
  const feed = (next: ReturnType<typeof step>) => {
    state = next.state;
    for (const action of next.actions) {
      if (action.kind === "bound") {
        seen.bound += 1;
        checkLease(action.lease);
      }
      if (action.kind === "nak") {
        seen.naks += 1;
        assert.ok(action.text === null || /^[\x20-\x7e]{1,255}$/.test(action.text));
        assert.is(parseIpv4(action.server), action.server);
      }
      if (action.kind === "send") assert.ok(decodeMessage(encodeMessage(action.message)).isOk());
      if (action.kind === "arm") assert.ok(action.at === null || Number.isFinite(action.at));
    }
  };
  feed(step(state, { kind: "start", now }, env));
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = packet("exchange" in state ? state.exchange.xid : below(2 ** 32));
    const began = performance.now();
    const message = decodeMessage(bytes);
    if (message.isOk()) {
      seen.decoded += 1;
      const lease = leaseFromAck(message.value);
      if (lease.isOk()) {
        seen.leases += 1;
        checkLease(lease.value);
      }
      feed(step(state, { kind: "message", now, message: message.value, from: SERVER }, env));
    }
    slowest = Math.max(slowest, performance.now() - began);
    assert.ok(state.diagnosis.rejected.length <= 16);
    if (state.dueAt !== null && random() < 0.3) {
      now = Math.max(now, state.dueAt);
      feed(step(state, { kind: "timer", now }, env));
    }
    if (round % 50 === 49) {
      state = initialState(random() < 0.5 ? null : ("10.0.0.7" as Ipv4));
      feed(step(state, { kind: "start", now }, env));
    }
  }
  console.log(JSON.stringify({ ...seen, slowestMs: Number(slowest.toFixed(1)) }));
  assert.ok(slowest < SLOW_MS, `${slowest} ms`);
  // A fuzz that never gets past the first check proves nothing.
  assert.ok(seen.decoded > ROUNDS / 4 && seen.leases > ROUNDS / 20 && seen.bound > 100 && seen.naks > 100);
});

test.run();
