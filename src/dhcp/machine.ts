/**
 * The DHCPv4 client's state machine (RFC 2131 §4.4, figure 5): an event in, the next state and what to do out. Pure: no clock, no
 * socket, no randomness of its own. It acquires a lease for a starting container, and it maintains one.
 *
 * Two departures from the letter, for the sake of a container that waits: the first retransmissions come after half a second instead of
 * four, and the pause after a DECLINE begins short and doubles (as RFC 5227 §2.1.1 has it) instead of being 10 s at once.
 */
import type { Ipv4 } from "../net/address.ts";
import { type LeaseDefect, leaseFromAck } from "./leaseFromAck.ts";
import type { Message } from "./message.ts";
import { serverId } from "./options/address.ts";
import { clientIdentifier, rapidCommit } from "./options/bytes.ts";
import { messageType } from "./options/messageType.ts";
import { read } from "./options/option.ts";
import { messageText } from "./options/text.ts";
import type { Acquiring, Diagnosis, Exchange, ExchangeKind, Maintaining, Rejection, State } from "./state.ts";
import {
  before,
  bind,
  decline,
  discover,
  type Env,
  enter,
  expire,
  newExchange,
  reboot,
  renew,
  request,
  type Step,
  setBack,
} from "./transitions.ts";

/** `now` in milliseconds of any clock that never goes back; the same one throughout. */
export type Event =
  | { readonly kind: "start"; readonly now: number }
  | { readonly kind: "message"; readonly now: number; readonly message: Message; readonly from: Ipv4 }
  | { readonly kind: "timer"; readonly now: number }
  /** The probed address is taken, or free. */
  | { readonly kind: "conflict"; readonly now: number }
  | { readonly kind: "clear"; readonly now: number }
  | { readonly kind: "stop" };

const MOST_REJECTIONS = 16;
const MOST_REQUESTS = 3;
const MOST_REBOOT_REQUESTS = 2;

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((octet, i) => octet === b[i]);

/** A reply to us: our xid and MAC and, where the server echoes a client identifier, our own (RFC 6842 §3). */
const isOurs = (message: Message, exchange: Exchange, env: Env): boolean => {
  if (message.op !== "BOOTREPLY" || message.xid !== exchange.xid || message.chaddr !== env.mac) return false;
  const echo = message.options.get(clientIdentifier.code);
  return echo === undefined || env.clientId === null || same(echo, env.clientId);
};

const rejected = (seen: Diagnosis, kind: Rejection["message"], message: Message, from: Ipv4, defect: LeaseDefect) => {
  const server = read(message.options, serverId) ?? from;
  const address = message.yiaddr;
  const known = seen.rejected.some(
    (one) => one.server === server && one.address === address && one.defect.kind === defect.kind,
  );
  if (known || seen.rejected.length >= MOST_REJECTIONS) return seen;
  return { ...seen, rejected: [...seen.rejected, { message: kind, server, address, defect }] };
};

const stay = (state: State): Step => ({ state, actions: [] });

/** An ACK that we waited for: BOUND, or first the probe; one that is no lease is only remembered. */
const acknowledged = (
  state: Acquiring | Maintaining,
  message: Message,
  from: Ipv4,
  now: number,
  env: Env,
  kind: ExchangeKind,
): Step => {
  const lease = leaseFromAck(message);
  if (lease.isErr()) {
    const diagnosis = rejected(state.diagnosis, "ACK", message, from, lease.error);
    return stay({ ...state, diagnosis });
  }
  const grant = { lease: lease.value, exchange: kind, ackedAt: now };
  const { address, server } = lease.value;
  const diagnosis = { ...state.diagnosis, maybeLease: { address, server } };
  const probing = env.probe && "granted" in state;
  if (!probing) return bind(env, grant, diagnosis);
  return enter({ ...state, granted: grant, dueAt: null, diagnosis }, { kind: "probe", address });
};

const refused = (state: Acquiring | Maintaining, message: Message, from: Ipv4, now: number, env: Env): Step => {
  const server = read(message.options, serverId) ?? from;
  const text = read(message.options, messageText) ?? null;
  // A server that forgot a released lease refuses INIT-REBOOT and would grant the very same address to a DISCOVER that
  // mentions it (Kea does); one whose pool has changed passes over the wish.
  const hint = state.name === "REBOOTING" ? state.address : null;
  const back = setBack(env, now, { kind: "nak", server, text }, hint, state.diagnosis);
  const lost = "held" in state ? [{ kind: "lost", lease: state.held.lease, reason: "nak" } as const] : [];
  return before(back, { kind: "nak", server, text }, ...lost);
};

const offered = (state: Extract<State, { name: "SELECTING" }>, message: Message, from: Ipv4, now: number, env: Env) => {
  const seen = { ...state.diagnosis, offers: state.diagnosis.offers + 1 };
  const lease = leaseFromAck(message);
  return lease.match(
    (offer) => request(env, now, { ...state.exchange, sent: 0 }, offer, seen),
    (defect) => stay({ ...state, diagnosis: rejected(seen, "OFFER", message, from, defect) }),
  );
};

const onMessage = (state: State, message: Message, from: Ipv4, now: number, env: Env): Step => {
  if (!("exchange" in state) || !isOurs(message, state.exchange, env)) return stay(state);
  if ("granted" in state && state.granted !== null) return stay(state);
  const type = read(message.options, messageType);
  const server = read(message.options, serverId) ?? from;
  if (state.name === "SELECTING") {
    if (type === "OFFER") return offered(state, message, from, now, env);
    const rapid = type === "ACK" && env.rapidCommit && read(message.options, rapidCommit) === true;
    return rapid ? acknowledged(state, message, from, now, env, "rapid-commit") : stay(state);
  }
  // One of those that hear the broadcast was asked, and only its word counts; INIT-REBOOT and REBINDING asked all of
  // them. RENEWING's packet went to one server alone: whoever answers it is that server, perhaps renumbered since.
  if (state.name === "REQUESTING" && server !== state.server) return stay(state);
  if (type === "NAK") return refused(state, message, from, now, env);
  return type === "ACK" ? acknowledged(state, message, from, now, env, KINDS[state.name]) : stay(state);
};

const KINDS = { REQUESTING: "discover", REBOOTING: "init-reboot", RENEWING: "renew", REBINDING: "rebind" } as const;

/** The lease's own moments, which may have passed while nobody looked: expiry, T2, T1. */
const maintain = (state: Extract<State, { name: "BOUND" }> | Maintaining, now: number, env: Env): Step => {
  const { held, diagnosis } = state;
  if (now >= held.expiresAt) return expire(env, now, held, diagnosis);
  const name = now >= held.t2At ? "REBINDING" : "RENEWING";
  const exchange = state.name === name ? state.exchange : newExchange(env, now);
  return renew(env, now, name, exchange, held, diagnosis);
};

const onTimer = (state: State, now: number, env: Env): Step => {
  if (state.dueAt === null) return stay(state);
  if (now < state.dueAt) return enter(state);
  const { diagnosis } = state;
  switch (state.name) {
    case "INIT":
      return discover(env, now, newExchange(env, now), state.hint, diagnosis);
    case "INIT-REBOOT":
      return reboot(env, now, newExchange(env, now), state.address, diagnosis);
    case "SELECTING":
      return discover(env, now, state.exchange, state.hint, diagnosis);
    case "REQUESTING": {
      if (state.exchange.sent < MOST_REQUESTS) return request(env, now, state.exchange, state, diagnosis);
      const { address, server } = state;
      return setBack(env, now, { kind: "no-ack", address, server }, address, diagnosis);
    }
    case "REBOOTING":
      return state.exchange.sent < MOST_REBOOT_REQUESTS
        ? reboot(env, now, state.exchange, state.address, diagnosis)
        : discover(env, now, newExchange(env, now), state.address, diagnosis);
    default:
      return maintain(state, now, env);
  }
};

const onProbed = (state: State, inUse: boolean, now: number, env: Env): Step => {
  if (!("granted" in state) || state.granted === null) return stay(state);
  return inUse ? decline(env, now, state.granted.lease, state) : bind(env, state.granted, state.diagnosis);
};

const onStart = (state: State, now: number, env: Env): Step => {
  if (state.name === "BOUND") return enter({ ...state, dueAt: state.held.t1At });
  if (state.name === "INIT" || state.name === "INIT-REBOOT") return onTimer({ ...state, dueAt: now }, now, env);
  return stay(state);
};

/** One event. What doesn't concern the state leaves it as it is, without actions. */
export const step = (state: State, event: Event, env: Env): Step => {
  switch (event.kind) {
    case "start":
      return onStart(state, event.now, env);
    case "message":
      return onMessage(state, event.message, event.from, event.now, env);
    case "timer":
      return onTimer(state, event.now, env);
    case "conflict":
      return onProbed(state, true, event.now, env);
    case "clear":
      return onProbed(state, false, event.now, env);
    case "stop":
      return enter({ name: "INIT", hint: null, dueAt: null, diagnosis: state.diagnosis });
  }
};
