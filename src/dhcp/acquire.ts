/**
 * The acquisition loop: the pure machine (machine.ts) between a transport, a clock and an end. The socket is client.ts's; here is
 * what to do with one.
 */
import { err, ok, type Result } from "neverthrow";
import type { DhcpSettings } from "../config/types.ts";
import type { Hostname, Ipv4, Mac } from "../net/address.ts";
import { type AcquireError, type AcquireFailure, failureAtDeadline, type SendFailure } from "./acquireError.ts";
import type { Lease } from "./lease.ts";
import { type Event, step } from "./machine.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { requestedAddress, serverId } from "./options/address.ts";
import { messageType } from "./options/messageType.ts";
import { read } from "./options/option.ts";
import { rebootPace } from "./schedule.ts";
import { type ExchangeKind, initialState } from "./state.ts";
import type { Action, Env } from "./transitions.ts";

export type Acquired = {
  readonly lease: Lease;
  readonly exchange: ExchangeKind;
  /** When the ACK came, `performance.now()` milliseconds. */
  readonly ackedAt: number;
};

export type AcquireOptions = {
  readonly mac: Mac;
  /** Sent as option 12 where `settings.sendHostname`. */
  readonly hostname: Hostname | null;
  readonly settings: DhcpSettings;
  /** Option 61's payload (clientId.ts); null: not sent. */
  readonly clientId: Uint8Array | null;
  /** The address that this identity had last: INIT-REBOOT. */
  readonly requestedAddress: Ipv4 | null;
  /** `performance.now()` milliseconds. */
  readonly deadline: number;
  /** Asked every 100 ms; a text is the reason to give up, e.g. that the container is gone. */
  readonly alive: () => string | null;
  readonly signal: AbortSignal;
  /** True: somebody else has the address. Given only where conflict detection is on. */
  readonly probe?: (address: Ipv4) => Promise<boolean>;
  /**
   * Called right before a REQUEST leaves, after which a server may hold the address for us; `server` null: INIT-REBOOT, whichever
   * server knows the address.
   */
  readonly onRequest?: (address: Ipv4, server: Ipv4 | null) => void;
  /** Numbers in [0, 1). */
  readonly random: () => number;
};

/** How bytes leave; `to` is a numeric address, port 67 is understood. */
export type Transport = {
  readonly send: (bytes: Uint8Array, to: Ipv4) => Result<void, SendFailure>;
  /** Where datagrams go that come in; set once, before the first is sent. */
  readonly onDatagram: (take: (bytes: Uint8Array, from: Ipv4) => void) => void;
};

const BROADCAST = "255.255.255.255" as Ipv4;
const ALIVE_EVERY = 100;

const envOf = (options: AcquireOptions): Env => ({
  mac: options.mac,
  clientId: options.clientId,
  hostname: options.settings.sendHostname ? options.hostname : null,
  vendorClass: "berth",
  rapidCommit: options.settings.rapidCommit,
  random: options.random,
  probe: options.probe !== undefined,
  rebootPace: rebootPace(options.deadline - performance.now()),
});

/**
 * Runs one acquisition to its lease or its end. The first message is sent before this function returns. Every timer is gone when the
 * promise settles; it never rejects.
 */
export const acquireOver = (transport: Transport, options: AcquireOptions): Promise<Result<Acquired, AcquireError>> =>
  new Promise((settle) => {
    const env = envOf(options);
    let state = initialState(options.requestedAddress);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let done = false;
    let anySent = false;
    let sendFailure: SendFailure | null = null;

    const finish = (result: Result<Acquired, AcquireFailure>) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      clearTimeout(end);
      clearInterval(pulse);
      options.signal.removeEventListener("abort", onAbort);
      settle(result.mapErr((failure) => ({ ...failure, maybeLease: anySent ? state.diagnosis.maybeLease : null })));
    };
    const abort = (why: string) => finish(err({ kind: "aborted", why }));
    const onAbort = () => abort("interrupted");

    const probe = (address: Ipv4) => {
      options.probe?.(address).then(
        (inUse) => feed({ kind: inUse ? "conflict" : "clear", now: performance.now() }),
        (error: unknown) => abort(`probing ${address} for a conflict: ${String(error)}`),
      );
    };
    const perform = (action: Action) => {
      switch (action.kind) {
        case "send": {
          const { options: sending } = action.message;
          const asked = read(sending, requestedAddress);
          if (asked !== undefined && read(sending, messageType) === "REQUEST") {
            options.onRequest?.(asked, read(sending, serverId) ?? null);
          }
          const sent = transport.send(encodeMessage(action.message), action.to === "broadcast" ? BROADCAST : action.to);
          if (sent.isOk()) anySent = true;
          else sendFailure = sent.error;
          return;
        }
        case "arm":
          clearTimeout(timer);
          if (action.at !== null) timer = setTimeout(tick, Math.max(0, action.at - performance.now()));
          return;
        case "probe":
          return probe(action.address);
        case "bound":
          return finish(ok({ lease: action.lease, exchange: action.exchange, ackedAt: action.ackedAt }));
        default:
          return;
      }
    };
    const feed = (event: Event) => {
      if (done) return;
      const next = step(state, event, env);
      state = next.state;
      for (const action of next.actions) if (!done) perform(action);
    };
    // A timer may fire a fraction of a millisecond early; the machine then arms it again.
    const tick = () => feed({ kind: "timer", now: performance.now() });

    const pulse = setInterval(() => {
      const why = options.alive();
      if (why !== null) abort(why);
    }, ALIVE_EVERY);
    const end = setTimeout(
      () => finish(err(failureAtDeadline(state, anySent ? null : sendFailure))),
      Math.max(0, options.deadline - performance.now()),
    );
    options.signal.addEventListener("abort", onAbort, { once: true });
    if (options.signal.aborted) return onAbort();

    transport.onDatagram((bytes, from) => {
      const message = decodeMessage(bytes);
      if (message.isOk()) feed({ kind: "message", now: performance.now(), message: message.value, from });
    });
    feed({ kind: "start", now: performance.now() });
  });
