/**
 * Thousands of leases through thirty days of simulated time: the pure machine against a server that answers, or doesn't always.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { step } from "../../src/dhcp/machine.ts";
import type { Message } from "../../src/dhcp/message.ts";
import { requestedAddress, serverId, subnetMask } from "../../src/dhcp/options/address.ts";
import { leaseTime } from "../../src/dhcp/options/integer.ts";
import { messageType } from "../../src/dhcp/options/messageType.ts";
import { entry, read } from "../../src/dhcp/options/option.ts";
import { initialState } from "../../src/dhcp/state.ts";
import type { Env, Step } from "../../src/dhcp/transitions.ts";
import { type Ipv4, ipv4FromNumber, macFromBytes } from "../../src/net/address.ts";

const DAY = 86_400_000;
const SERVER = "10.0.0.2" as Ipv4;

const prng = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

type Life = {
  readonly packets: number;
  readonly lost: number;
  readonly bounds: number;
  readonly firstRenewal: number;
  readonly shortestGap: number;
};

/** One lease's life of `days`; the server answers a message at the moment `answers` says true for. */
const live = (
  index: number,
  seconds: number,
  days: number,
  answers: (now: number, random: () => number) => boolean,
): Life => {
  const random = prng(index);
  const mac = macFromBytes(Uint8Array.of(2, 0, 0, 0, index >> 8, index & 255));
  const env: Env = { mac, clientId: null, hostname: null, vendorClass: null, rapidCommit: false, probe: false, random };
  const own = ipv4FromNumber(0x0a000000 + 256 + index);
  let now = 0;
  let last = -Infinity;
  const life = { packets: 0, lost: 0, bounds: 0, firstRenewal: 0, shortestGap: Infinity };
  let { state } = { state: initialState(null) };
  const answer = (request: Message): Message => ({
    ...request,
    op: "BOOTREPLY",
    yiaddr: read(request.options, requestedAddress) ?? own,
    options: new Map<number, Uint8Array>([
      entry(messageType, read(request.options, messageType) === "DISCOVER" ? "OFFER" : "ACK"),
      entry(serverId, SERVER),
      entry(subnetMask, "255.255.0.0" as Ipv4),
      entry(leaseTime, seconds),
    ]),
  });
  const take = (next: Step): void => {
    state = next.state;
    for (const action of next.actions) {
      if (action.kind === "lost") life.lost += 1;
      if (action.kind === "bound") life.bounds += 1;
      if (action.kind !== "send") continue;
      life.packets += 1;
      if (life.bounds > 0) {
        if (life.firstRenewal === 0) life.firstRenewal = now;
        life.shortestGap = Math.min(life.shortestGap, now - last);
        last = now;
      }
      if (answers(now, random)) {
        take(step(state, { kind: "message", now, message: answer(action.message), from: SERVER }, env));
        return;
      }
    }
  };
  take(step(state, { kind: "start", now }, env));
  while (state.dueAt !== null && state.dueAt <= days * DAY) {
    now = Math.max(now, state.dueAt);
    take(step(state, { kind: "timer", now }, env));
  }
  return life;
};

test("10,000 leases of half a day, and some of an hour, over thirty days: none expires while the server answers", () => {
  let wrong = 0;
  for (let index = 0; index < 10_000; index += 1) {
    const { lost, bounds, packets, shortestGap } = live(index, 43_200, 30, () => true);
    if (lost !== 0 || bounds <= 115 || packets >= 150 || shortestGap < 1000) wrong += 1;
  }
  assert.is(wrong, 0);
  const hour = Array.from({ length: 20 }, (_, i) => live(i, 3600, 30, () => true));
  assert.ok(hour.every(({ lost, bounds, packets }) => lost === 0 && bounds > 1400 && packets < 1700));
});

test("the first renewals of leases that began together are spread over minutes", () => {
  const buckets = new Map<number, number>();
  for (let i = 0; i < 2000; i += 1) {
    const second = Math.floor(live(i, 3600, 0.03, () => true).firstRenewal / 1000);
    buckets.set(second, (buckets.get(second) ?? 0) + 1);
  }
  assert.ok(buckets.size > 150, `${buckets.size} different seconds`);
  assert.ok(Math.max(...buckets.values()) < 40);
});

test("a server that loses half of all packets keeps its leases", () => {
  const lives = Array.from({ length: 200 }, (_, i) => live(i, 43_200, 30, (_now, random) => random() < 0.5));
  const lost = lives.reduce((sum, life) => sum + life.lost, 0);
  const renewals = lives.reduce((sum, life) => sum + life.bounds, 0);
  assert.ok(lost / renewals < 0.01, `${lost} of ${renewals}`);
});

test("short leases are renewed in time too, at most once a second", () => {
  for (const seconds of [10, 30, 60, 120, 600]) {
    const life = live(seconds, seconds, 1, () => true);
    assert.is(life.lost, 0);
    assert.ok(life.shortestGap >= 1000, `${seconds}: ${life.shortestGap}`);
  }
});

test("an outage of a day costs at most one packet a second, and ends by itself", () => {
  for (let i = 0; i < 20; i += 1) {
    const life = live(i, 3600, 3, (now) => now < DAY || now > 2 * DAY);
    assert.is(life.lost, 1);
    assert.ok(life.bounds > 90);
    assert.ok(life.packets < 3 * 86_400, `${life.packets}`);
    assert.ok(life.packets < 2000, `${life.packets}`);
  }
});

test.run();
