/**
 * The states of the client's state machine, by the names of RFC 2131 §4.4, figure 5, and what it has seen on its way.
 */
import type { Ipv4 } from "../net/address.ts";
import type { Lease } from "./lease.ts";
import type { LeaseDefect } from "./leaseFromAck.ts";
import { type Held, holdLease, type Random } from "./schedule.ts";

/** Messages under one xid. `startedAt` in milliseconds; `secs` as in the message that was sent last. */
export type Exchange = {
  readonly xid: number;
  readonly startedAt: number;
  readonly sent: number;
  readonly secs: number;
};

/** How a lease came about. */
export type ExchangeKind = "discover" | "rapid-commit" | "init-reboot" | "renew" | "rebind";

/** An ACK whose address is being probed before it is used (RFC 2131 §4.4.1, RFC 5227 §2.1). */
export type Grant = { readonly lease: Lease; readonly exchange: ExchangeKind; readonly ackedAt: number };

/** An offer, or an ACK, that was not taken. */
export type Rejection = {
  readonly message: "OFFER" | "ACK";
  readonly server: Ipv4;
  readonly address: Ipv4;
  readonly defect: LeaseDefect;
};

/** The last thing that sent the client back to INIT. */
export type Setback =
  | { readonly kind: "nak"; readonly server: Ipv4; readonly text: string | null }
  | { readonly kind: "conflict"; readonly address: Ipv4 }
  | { readonly kind: "no-ack"; readonly address: Ipv4; readonly server: Ipv4 };

/** What a server may hold for us although we never saw, or never used, its ACK; `server` null: unknown, after INIT-REBOOT. */
export type MaybeLease = { readonly address: Ipv4; readonly server: Ipv4 | null };

/** Counters since the state was made, for error messages and for the keeper's own. */
export type Diagnosis = {
  readonly discovers: number;
  readonly requests: number;
  readonly offers: number;
  /** The first sixteen that differ. */
  readonly rejected: readonly Rejection[];
  readonly naks: number;
  readonly conflicts: number;
  /** NAKs, conflicts and unanswered REQUESTs in a row; BOUND ends the row. */
  readonly setbacks: number;
  readonly lastSetback: Setback | null;
  readonly maybeLease: MaybeLease | null;
};

type Common = {
  /** Milliseconds: when a timer event is due; null: no timer runs. */
  readonly dueAt: number | null;
  readonly diagnosis: Diagnosis;
};

/** `hint` is the address to ask for in DISCOVER; `granted` is being probed. */
export type State = Common &
  (
    | { readonly name: "INIT"; readonly hint: Ipv4 | null }
    | { readonly name: "INIT-REBOOT"; readonly address: Ipv4 }
    | {
        readonly name: "SELECTING";
        readonly exchange: Exchange;
        readonly hint: Ipv4 | null;
        readonly granted: Grant | null;
      }
    | {
        readonly name: "REQUESTING";
        readonly exchange: Exchange;
        readonly address: Ipv4;
        readonly server: Ipv4;
        readonly granted: Grant | null;
      }
    | {
        readonly name: "REBOOTING";
        readonly exchange: Exchange;
        readonly address: Ipv4;
        readonly granted: Grant | null;
      }
    | { readonly name: "BOUND"; readonly held: Held }
    | { readonly name: "RENEWING" | "REBINDING"; readonly held: Held; readonly exchange: Exchange }
  );

/** The state of that name. */
export type StateOf<N extends State["name"]> = Extract<State, { readonly name: N }>;
export type Acquiring = Extract<State, { readonly granted: Grant | null }>;
export type Maintaining = Extract<State, { readonly held: Held; readonly exchange: Exchange }>;

const NOTHING_SEEN: Diagnosis = {
  discovers: 0,
  requests: 0,
  offers: 0,
  rejected: [],
  naks: 0,
  conflicts: 0,
  setbacks: 0,
  lastSetback: null,
  maybeLease: null,
};

/** Before anything was sent: INIT-REBOOT where an address is remembered, else INIT. A start event sets it going. */
export const initialState = (remembered: Ipv4 | null): State =>
  remembered === null
    ? { name: "INIT", hint: null, dueAt: null, diagnosis: NOTHING_SEEN }
    : { name: "INIT-REBOOT", address: remembered, dueAt: null, diagnosis: NOTHING_SEEN };

/** BOUND with a lease from a record, acknowledged at `ackedAt` (milliseconds). A start event arms its timer. */
export const boundState = (lease: Lease, ackedAt: number, random: Random): State => ({
  name: "BOUND",
  held: holdLease(lease, ackedAt, random),
  dueAt: null,
  diagnosis: NOTHING_SEEN,
});
