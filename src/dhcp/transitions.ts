/**
 * Entering the states of RFC 2131 figure 5, and sending again within one: each function gives the next state with what has to be done.
 * Pure; times in milliseconds.
 */
import type { Ipv4 } from "../net/address.ts";
import type { Lease } from "./lease.ts";
import type { Message } from "./message.ts";
import { buildDiscover, buildRenewal, buildRequest, type Client, declineMessage } from "./requests.ts";
import {
  type Held,
  holdLease,
  type Random,
  rebootRetransmitAfter,
  renewAgainAt,
  restartAfter,
  retransmitAfter,
} from "./schedule.ts";
import type { Diagnosis, Exchange, ExchangeKind, Grant, Setback, State, StateOf } from "./state.ts";

export type Env = Client & {
  /** Numbers in [0, 1). */
  readonly random: Random;
  /** An ACK leads to a probe action, and BOUND waits for a clear event (RFC 5227 §2.1). */
  readonly probe: boolean;
  /** Of REBOOTING, for who has little time; 1 where not given (schedule.ts). */
  readonly rebootPace?: number;
};

export type Action =
  | { readonly kind: "send"; readonly message: Message; readonly to: "broadcast" | Ipv4 }
  /** One timer: `at` in milliseconds replaces the one that ran; null: none runs. */
  | { readonly kind: "arm"; readonly at: number | null }
  | { readonly kind: "probe"; readonly address: Ipv4 }
  /** Granted or renewed: apply it. The address of a renewed lease may be another one. */
  | { readonly kind: "bound"; readonly lease: Lease; readonly exchange: ExchangeKind; readonly ackedAt: number }
  | { readonly kind: "nak"; readonly server: Ipv4; readonly text: string | null }
  /** The address must not be used any more. */
  | { readonly kind: "lost"; readonly lease: Lease; readonly reason: "expired" | "nak" };

export type Step = { readonly state: State; readonly actions: readonly Action[] };

/** The state, with its timer armed after the other actions. */
export const enter = (state: State, ...actions: readonly Action[]): Step => ({
  state,
  actions: [...actions, { kind: "arm", at: state.dueAt === Infinity ? null : state.dueAt }],
});

export const before = (step: Step, ...actions: readonly Action[]): Step => ({
  state: step.state,
  actions: [...actions, ...step.actions],
});

const newXid = (random: Random): number => Math.floor(random() * 0x100000000) >>> 0;

/** An exchange under a new xid, nothing sent yet. */
export const newExchange = (env: Env, now: number): Exchange => ({
  xid: newXid(env.random),
  startedAt: now,
  sent: 0,
  secs: 0,
});

const sentAt = (exchange: Exchange, now: number): Exchange => ({
  ...exchange,
  sent: exchange.sent + 1,
  secs: Math.max(0, Math.floor((now - exchange.startedAt) / 1000)),
});

/** DISCOVER goes out, for the first time or again. */
export const discover = (env: Env, now: number, from: Exchange, hint: Ipv4 | null, diagnosis: Diagnosis): Step => {
  const exchange = sentAt(from, now);
  return enter(
    {
      name: "SELECTING",
      exchange,
      hint,
      granted: null,
      dueAt: now + retransmitAfter(exchange.sent, env.random),
      diagnosis: { ...diagnosis, discovers: diagnosis.discovers + 1 },
    },
    { kind: "send", message: buildDiscover(env, exchange, hint), to: "broadcast" },
  );
};

/** REQUEST for an offer goes out; xid and secs are the DISCOVER's (RFC 2131 §3.1 step 3, §4.4.1). */
export const request = (
  env: Env,
  now: number,
  from: Exchange,
  offer: { readonly address: Ipv4; readonly server: Ipv4 },
  diagnosis: Diagnosis,
): Step => {
  const exchange = { ...from, sent: from.sent + 1 };
  const { address, server } = offer;
  return enter(
    {
      name: "REQUESTING",
      exchange,
      address,
      server,
      granted: null,
      dueAt: now + retransmitAfter(exchange.sent, env.random),
      diagnosis: { ...diagnosis, requests: diagnosis.requests + 1, maybeLease: { address, server } },
    },
    { kind: "send", message: buildRequest(env, exchange, address, server), to: "broadcast" },
  );
};

/** REQUEST of INIT-REBOOT goes out: for an address that we had, to whichever server knows it (RFC 2131 §3.2). */
export const reboot = (env: Env, now: number, from: Exchange, address: Ipv4, diagnosis: Diagnosis): Step => {
  const exchange = sentAt(from, now);
  return enter(
    {
      name: "REBOOTING",
      exchange,
      address,
      granted: null,
      dueAt: now + rebootRetransmitAfter(exchange.sent, env.random, env.rebootPace),
      diagnosis: { ...diagnosis, requests: diagnosis.requests + 1, maybeLease: { address, server: null } },
    },
    { kind: "send", message: buildRequest(env, exchange, address, null), to: "broadcast" },
  );
};

/** REQUEST of RENEWING, to the lease's server, or of REBINDING, to all (RFC 2131 §4.4.5). */
export const renew = (
  env: Env,
  now: number,
  name: "RENEWING" | "REBINDING",
  from: Exchange,
  held: Held,
  diagnosis: Diagnosis,
): Step => {
  const exchange = sentAt(from, now);
  const endAt = name === "RENEWING" ? held.t2At : held.expiresAt;
  return enter(
    {
      name,
      exchange,
      held,
      dueAt: renewAgainAt(held, now, endAt, env.random),
      diagnosis: { ...diagnosis, requests: diagnosis.requests + 1 },
    },
    {
      kind: "send",
      message: buildRenewal(env, exchange, held.lease.address),
      to: name === "RENEWING" ? held.lease.server : "broadcast",
    },
  );
};

/** BOUND, until T1. */
export const bind = (env: Env, grant: Grant, diagnosis: Diagnosis): Step => {
  const held = holdLease(grant.lease, grant.ackedAt, env.random);
  return enter(
    { name: "BOUND", held, dueAt: held.t1At, diagnosis: { ...diagnosis, setbacks: 0, lastSetback: null } },
    { kind: "bound", ...grant },
  );
};

/** Back to INIT, from where DISCOVER goes out after a pause that grows with every setback in a row. */
export const setBack = (env: Env, now: number, setback: Setback, hint: Ipv4 | null, seen: Diagnosis): Step => {
  const setbacks = seen.setbacks + 1;
  const diagnosis = {
    ...seen,
    setbacks,
    lastSetback: setback,
    naks: seen.naks + (setback.kind === "nak" ? 1 : 0),
    conflicts: seen.conflicts + (setback.kind === "conflict" ? 1 : 0),
    maybeLease: setback.kind === "no-ack" ? seen.maybeLease : null,
  };
  return enter({ name: "INIT", hint, dueAt: now + restartAfter(setbacks, env.random), diagnosis });
};

/** The lease's time is over: INIT, and at once DISCOVER for the same address (RFC 2131 §4.4.5). */
export const expire = (env: Env, now: number, held: Held, diagnosis: Diagnosis): Step =>
  before(discover(env, now, newExchange(env, now), held.lease.address, { ...diagnosis, maybeLease: null }), {
    kind: "lost",
    reason: "expired",
    lease: held.lease,
  });

/** Somebody answered for the address: DECLINE it and begin again (RFC 2131 §3.1 step 5). */
export const decline = (
  env: Env,
  now: number,
  lease: Lease,
  state: StateOf<"SELECTING" | "REQUESTING" | "REBOOTING">,
) =>
  before(setBack(env, now, { kind: "conflict", address: lease.address }, null, state.diagnosis), {
    kind: "send",
    message: declineMessage({
      mac: env.mac,
      clientId: env.clientId,
      address: lease.address,
      server: lease.server,
      xid: newXid(env.random),
    }),
    to: "broadcast",
  });
