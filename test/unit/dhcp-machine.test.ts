/**
 * The state machine of RFC 2131 figure 5, one event at a time, with a clock of our own.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Event, step } from "../../src/dhcp/machine.ts";
import type { Message } from "../../src/dhcp/message.ts";
import { requestedAddress, serverId, subnetMask } from "../../src/dhcp/options/address.ts";
import { clientIdentifier, rapidCommit } from "../../src/dhcp/options/bytes.ts";
import { leaseTime } from "../../src/dhcp/options/integer.ts";
import { type MessageType, messageType } from "../../src/dhcp/options/messageType.ts";
import { entry, read } from "../../src/dhcp/options/option.ts";
import { messageText } from "../../src/dhcp/options/text.ts";
import { boundState, initialState, type State } from "../../src/dhcp/state.ts";
import type { Action, Env } from "../../src/dhcp/transitions.ts";
import type { Hostname, Ipv4, Mac } from "../../src/net/address.ts";

const ip = (text: string) => text as Ipv4;
const SERVER = ip("10.0.0.2");
const MAC = "02:00:00:aa:bb:cc" as Mac;

/** A machine with a clock: feeds events, keeps state and the actions of the last one. */
const drive = (remembered: string | null = null, changes: Partial<Env> = {}) => {
  let seed = 1;
  const env: Env = {
    mac: MAC,
    clientId: Uint8Array.of(1, 2, 3),
    hostname: "web" as Hostname,
    vendorClass: null,
    rapidCommit: false,
    probe: false,
    random: () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    },
    ...changes,
  };
  let state: State = initialState(remembered === null ? null : ip(remembered));
  let now = 1000;
  let actions: readonly Action[] = [];
  const feed = (event: Event) => {
    const next = step(state, event, env);
    state = next.state;
    actions = next.actions;
  };
  const self = {
    env,
    now: () => now,
    state: () => state,
    set: (other: State) => {
      state = other;
    },
    kinds: () =>
      actions.filter(({ kind }) => kind !== "arm").map((a) => (a.kind === "send" ? typeOf(a.message) : a.kind)),
    sent: (): Message => {
      for (const action of actions) if (action.kind === "send") return action.message;
      throw new Error("nothing was sent");
    },
    sentTo: () => actions.flatMap((action) => (action.kind === "send" ? [action.to] : []))[0],
    start: () => feed({ kind: "start", now }),
    /** Lets the time pass until the timer is due. */
    timer: () => {
      if (state.dueAt === null) throw new Error("no timer runs");
      now = Math.max(now, state.dueAt);
      feed({ kind: "timer", now });
    },
    at: (time: number) => {
      now = time;
      feed({ kind: "timer", now });
    },
    event: (kind: "conflict" | "clear") => feed({ kind, now }),
    stop: () => feed({ kind: "stop" }),
    reply: (type: MessageType, more: Partial<Message> = {}, ...options: readonly (readonly [number, Uint8Array])[]) => {
      if (!("exchange" in state)) throw new Error("no exchange");
      const message: Message = {
        op: "BOOTREPLY",
        xid: state.exchange.xid,
        secs: 0,
        broadcast: true,
        ciaddr: ip("0.0.0.0"),
        yiaddr: ip("10.0.0.7"),
        siaddr: ip("0.0.0.0"),
        giaddr: ip("0.0.0.0"),
        chaddr: MAC,
        options: new Map<number, Uint8Array>([
          entry(messageType, type),
          entry(serverId, SERVER),
          entry(subnetMask, ip("255.255.255.0")),
          entry(leaseTime, 3600),
          ...options,
        ]),
        ...more,
      };
      feed({ kind: "message", now, message, from: SERVER });
    },
  };
  return self;
};

const typeOf = (message: Message) => read(message.options, messageType) ?? "none";
const without = (code: number, ...options: readonly (readonly [number, Uint8Array])[]) => {
  const all = new Map<number, Uint8Array>([
    entry(messageType, "OFFER"),
    entry(serverId, SERVER),
    entry(subnetMask, ip("255.255.255.0")),
    entry(leaseTime, 3600),
    ...options,
  ]);
  all.delete(code);
  return { options: all };
};
const bound = () => {
  const m = drive();
  m.start();
  m.reply("OFFER");
  m.reply("ACK");
  return m;
};

test("DISCOVER, OFFER, REQUEST, ACK", () => {
  const m = drive();
  m.start();
  assert.equal([m.state().name, ...m.kinds()], ["SELECTING", "DISCOVER"]);
  const { xid, broadcast, chaddr, ciaddr } = m.sent();
  assert.equal([broadcast, chaddr, ciaddr], [true, MAC, "0.0.0.0"]);
  m.reply("OFFER");
  assert.equal([m.state().name, ...m.kinds()], ["REQUESTING", "REQUEST"]);
  assert.is(m.sent().xid, xid);
  assert.is(read(m.sent().options, requestedAddress), "10.0.0.7");
  assert.is(read(m.sent().options, serverId), SERVER);
  assert.equal(m.state().diagnosis.maybeLease, { address: "10.0.0.7", server: SERVER });
  m.reply("ACK");
  assert.equal([m.state().name, ...m.kinds()], ["BOUND", "bound"]);
});

test("DISCOVER goes out again after about 0.5, 1, 2, 4 … at most 64 seconds, with the same xid and growing secs", () => {
  const m = drive();
  m.start();
  const { xid } = m.sent();
  for (let n = 0; n < 10; n += 1) {
    const before = m.now();
    m.timer();
    const nominal = Math.min(500 * 2 ** n, 64_000);
    assert.ok(Math.abs(m.now() - before - nominal) <= 0.2 * nominal + 0.001, `${n}: ${m.now() - before}`);
    assert.equal([m.sent().xid, m.sent().secs], [xid, Math.floor((m.now() - 1000) / 1000)]);
  }
  assert.is(m.state().diagnosis.discovers, 11);
});

test("what is not for us is ignored", () => {
  const m = drive();
  m.start();
  const before = m.state();
  m.reply("OFFER", { xid: 1 });
  m.reply("OFFER", { chaddr: "02:00:00:aa:bb:cd" as Mac });
  m.reply("OFFER", { op: "BOOTREQUEST" });
  m.reply("OFFER", {}, entry(clientIdentifier, Uint8Array.of(1, 2, 4)));
  m.reply("ACK");
  m.reply("NAK");
  m.reply("OFFER", { options: new Map() });
  assert.is(m.state(), before);
  m.reply("OFFER", {}, entry(clientIdentifier, Uint8Array.of(1, 2, 3)));
  assert.is(m.state().name, "REQUESTING");
});

test("offers that are no lease are remembered with their reason, and a later good one is taken", () => {
  const m = drive();
  m.start();
  m.reply("OFFER", without(1));
  m.reply("OFFER", without(1));
  m.reply("OFFER", without(54));
  m.reply("OFFER", { yiaddr: ip("127.0.0.1") });
  assert.is(m.state().name, "SELECTING");
  const { offers, rejected } = m.state().diagnosis;
  assert.is(offers, 4);
  assert.equal(
    rejected.map(({ server, address, defect }) => [server, address, defect.kind]),
    [
      [SERVER, "10.0.0.7", "no-mask"],
      [SERVER, "10.0.0.7", "no-server"],
      [SERVER, "127.0.0.1", "bad-address"],
    ],
  );
  m.reply("OFFER");
  assert.is(m.state().name, "REQUESTING");
});

test("in REQUESTING only the chosen server counts", () => {
  const m = drive();
  m.start();
  m.reply("OFFER");
  m.reply("NAK", {}, entry(serverId, ip("10.0.0.99")));
  m.reply("ACK", {}, entry(serverId, ip("10.0.0.99")));
  assert.is(m.state().name, "REQUESTING");
  m.reply("ACK");
  assert.is(m.state().name, "BOUND");
});

test("a REQUEST that nobody answers goes out three times, then INIT begins again under a new xid", () => {
  const m = drive();
  m.start();
  const { xid } = m.sent();
  m.reply("OFFER");
  m.timer();
  assert.equal(m.kinds(), ["REQUEST"]);
  m.timer();
  assert.equal(m.kinds(), ["REQUEST"]);
  m.timer();
  assert.is(m.state().name, "INIT");
  assert.is(m.state().diagnosis.lastSetback?.kind, "no-ack");
  m.timer();
  assert.equal(m.kinds(), ["DISCOVER"]);
  assert.is.not(m.sent().xid, xid);
  assert.is(m.state().diagnosis.maybeLease?.server, SERVER);
});

test("INIT-REBOOT asks every server for the address without option 54, and takes any server's word", () => {
  const m = drive("10.0.0.7");
  m.start();
  assert.equal([m.state().name, ...m.kinds()], ["REBOOTING", "REQUEST"]);
  assert.is(read(m.sent().options, requestedAddress), "10.0.0.7");
  assert.is(m.sent().options.has(54), false);
  m.reply("ACK", {}, entry(serverId, ip("10.0.0.99")));
  assert.is(m.state().name, "BOUND");
});

test("INIT-REBOOT sends twice and after about a second falls back to DISCOVER with that address", () => {
  const m = drive("10.0.0.7");
  m.start();
  m.timer();
  assert.equal(m.kinds(), ["REQUEST"]);
  m.timer();
  assert.equal([m.state().name, ...m.kinds()], ["SELECTING", "DISCOVER"]);
  assert.ok(m.now() - 1000 > 850 && m.now() - 1000 < 1150);
  assert.is(read(m.sent().options, requestedAddress), "10.0.0.7");
});

test("a NAK in REBOOTING leads to DISCOVER at once, still wishing for the address", () => {
  const m = drive("10.0.0.7");
  m.start();
  m.reply("NAK", {}, entry(messageText, "wrong network"));
  assert.equal([m.state().name, ...m.kinds()], ["INIT", "nak"]);
  assert.equal(m.state().diagnosis.lastSetback, { kind: "nak", server: SERVER, text: "wrong network" });
  assert.is(m.state().diagnosis.maybeLease, null);
  m.timer();
  assert.is(m.now(), 1000);
  assert.is(read(m.sent().options, requestedAddress), "10.0.0.7");
});

test("a server that refuses for ever is not hammered", () => {
  const m = drive();
  m.start();
  let packets = 1;
  while (m.now() < 601_000) {
    m.reply("OFFER");
    m.reply("NAK");
    m.timer();
    packets += 2;
  }
  assert.ok(packets < 50, `${packets} packets in 10 minutes`);
  assert.is(m.state().diagnosis.naks, m.state().diagnosis.setbacks);
});

test("rapid commit: an ACK to DISCOVER counts where we asked for it and the server says so", () => {
  const off = drive();
  off.start();
  off.reply("ACK", {}, entry(rapidCommit, true));
  assert.is(off.state().name, "SELECTING");
  const on = drive(null, { rapidCommit: true });
  on.start();
  assert.ok(on.sent().options.has(80));
  on.reply("ACK");
  assert.is(on.state().name, "SELECTING");
  on.reply("ACK", {}, entry(rapidCommit, true));
  assert.is(on.state().name, "BOUND");
});

test("with conflict detection BOUND waits for the probe", () => {
  const m = drive(null, { probe: true });
  m.start();
  m.reply("OFFER");
  m.reply("ACK");
  assert.equal([m.state().name, ...m.kinds()], ["REQUESTING", "probe"]);
  m.reply("NAK");
  assert.is(m.state().name, "REQUESTING");
  m.event("clear");
  assert.equal([m.state().name, ...m.kinds()], ["BOUND", "bound"]);
});

test("an address that somebody has is declined", () => {
  const m = drive(null, { probe: true });
  m.start();
  m.reply("OFFER");
  m.reply("ACK");
  m.event("conflict");
  assert.equal([m.state().name, ...m.kinds()], ["INIT", "DECLINE"]);
  assert.is(read(m.sent().options, requestedAddress), "10.0.0.7");
  assert.is(read(m.sent().options, serverId), SERVER);
  assert.is(m.state().diagnosis.maybeLease, null);
});

test("T1: unicast to the server with ciaddr, without broadcast flag and options 50 and 54", () => {
  const m = bound();
  m.timer();
  assert.equal([m.state().name, m.sentTo()], ["RENEWING", SERVER]);
  const { ciaddr, broadcast, options } = m.sent();
  assert.equal([ciaddr, broadcast, options.has(50), options.has(54)], ["10.0.0.7", false, false, false]);
  m.reply("ACK", { yiaddr: ip("10.0.0.8") });
  assert.equal([m.state().name, ...m.kinds()], ["BOUND", "bound"]);
});

test("silence: RENEWING sends again at half the rest, T2 broadcasts, expiry loses the lease and begins again", () => {
  const m = bound();
  const end = m.now() + 3_600_000;
  m.timer();
  const { xid } = m.sent();
  const gaps: number[] = [];
  while (m.state().name === "RENEWING") {
    const before = m.now();
    m.timer();
    gaps.push(m.now() - before);
  }
  assert.ok(gaps.slice(0, -1).every((gap) => gap >= 54_000));
  assert.equal([m.state().name, m.sentTo()], ["REBINDING", "broadcast"]);
  assert.is.not(m.sent().xid, xid);
  while (m.state().name === "REBINDING") m.timer();
  assert.is(m.now(), end);
  assert.equal([m.state().name, ...m.kinds()], ["SELECTING", "lost", "DISCOVER"]);
  assert.is(read(m.sent().options, requestedAddress), "10.0.0.7");
});

test("in RENEWING the server's word counts under a new identifier too, and a word under another xid never", () => {
  const m = bound();
  m.timer();
  const message = { options: without(0, entry(messageType, "NAK"), entry(serverId, ip("10.0.0.99"))).options };
  const hear = (other: number) => {
    const state = m.state();
    if (!("exchange" in state)) throw new Error("no exchange");
    const xid = (state.exchange.xid ^ other) >>> 0;
    const reply = { ...m.sent(), ...message, op: "BOOTREPLY", xid } as const;
    m.set(step(state, { kind: "message", now: m.now(), message: reply, from: ip("10.0.0.99") }, m.env).state);
  };
  hear(1);
  assert.is(m.state().name, "RENEWING");
  hear(0);
  assert.is(m.state().name, "INIT");
});

test("a NAK at renewal loses the lease", () => {
  const m = bound();
  m.timer();
  m.reply("NAK");
  assert.equal([m.state().name, ...m.kinds()], ["INIT", "nak", "lost"]);
});

test("a machine that slept through T1, T2 or the end wakes in the right state", () => {
  for (const [minutes, name] of [
    [31, "RENEWING"],
    [55, "REBINDING"],
    [61, "SELECTING"],
  ] as const) {
    const m = bound();
    m.at(1000 + minutes * 60_000);
    assert.is(m.state().name, name);
  }
});

test("a recorded lease goes on where it was; one for ever needs no timer", () => {
  const m = bound();
  const held = m.state();
  if (held.name !== "BOUND") throw new Error(held.name);
  m.set(boundState(held.held.lease, m.now(), m.env.random));
  m.start();
  assert.ok((m.state().dueAt ?? 0) > m.now());
  const always = step(
    boundState({ ...held.held.lease, leaseSeconds: 0xffffffff }, 0, m.env.random),
    { kind: "start", now: 0 },
    m.env,
  );
  assert.equal(always.actions, [{ kind: "arm", at: null }]);
});

test("a timer that comes early is armed again, and stop leaves none", () => {
  const m = drive();
  m.start();
  m.at(m.now() + 1);
  assert.equal([m.state().name, ...m.kinds()], ["SELECTING"]);
  m.stop();
  assert.equal([m.state().name, m.state().dueAt], ["INIT", null]);
});

test.run();
