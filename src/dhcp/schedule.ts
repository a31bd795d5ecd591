/**
 * When the client sends again (RFC 2131 §4.1, §4.4.5). All times in milliseconds; `random` gives numbers in [0, 1).
 *
 * The RFC's first retransmission after 4 s was meant for the networks of 1997; a container waits for this one, so the same doubling
 * begins at half a second.
 */
import type { Lease } from "./lease.ts";
import { FOREVER } from "./leaseFromAck.ts";

export type Random = () => number;

/** A lease that is held, with the moments at which it must be renewed; Infinity for one that never ends. */
export type Held = {
  readonly lease: Lease;
  readonly ackedAt: number;
  readonly t1At: number;
  readonly t2At: number;
  readonly expiresAt: number;
};

const within = (spread: number, random: Random): number => 1 + spread * (2 * random() - 1);

/** DISCOVER and REQUEST: 0.5 s doubling to 64 s, each ±20 %. `sent` is how many have gone out. */
export const retransmitAfter = (sent: number, random: Random): number =>
  Math.min(500 * 2 ** (sent - 1), 64_000) * within(0.2, random);

/** REBOOTING: a second REQUEST after 0.3 s; silence until about 1 s means DISCOVER. `pace` under 1: sooner. */
export const rebootRetransmitAfter = (sent: number, random: Random, pace = 1): number =>
  (sent === 1 ? 300 : 700) * within(0.1, random) * pace;

/** The pace of REBOOTING that leaves half of the time that there is, in milliseconds, for DISCOVER. */
export const rebootPace = (availableMs: number): number => Math.max(0, Math.min(1, availableMs / 2000));

/**
 * How long INIT waits after `setbacks` NAKs, conflicts or unanswered REQUESTs in a row: not at all after the first, which is the
 * ordinary end of INIT-REBOOT on another network; then 0.1 s doubling to 64 s, ±20 %, so that nobody is hammered.
 */
export const restartAfter = (setbacks: number, random: Random): number =>
  setbacks <= 1 ? 0 : Math.min(100 * 2 ** (setbacks - 2), 64_000) * within(0.2, random);

/**
 * The moments of a lease that was granted at `ackedAt`. T1 comes up to 10 % early and T2 up to 5 % of the time between them, so that
 * containers that started together don't renew together (RFC 2131 §4.4.5: "some random fuzz").
 */
export const holdLease = (lease: Lease, ackedAt: number, random: Random): Held => {
  if (lease.leaseSeconds === FOREVER) {
    return { lease, ackedAt, t1At: Infinity, t2At: Infinity, expiresAt: Infinity };
  }
  const t1 = lease.t1Seconds * 1000;
  const t2 = lease.t2Seconds * 1000;
  return {
    lease,
    ackedAt,
    t1At: ackedAt + t1 * (1 - 0.1 * random()),
    t2At: ackedAt + t2 - (t2 - t1) * 0.05 * random(),
    expiresAt: ackedAt + lease.leaseSeconds * 1000,
  };
};

/**
 * RENEWING and REBINDING: half of what is left until `endAt`, at least 60 s (RFC 2131 §4.4.5), or a sixteenth of a lease for which
 * that is too long, but never under 1.2 s; ±10 %, and no later than `endAt`.
 */
export const renewAgainAt = (held: Held, now: number, endAt: number, random: Random): number => {
  const least = Math.max(1200, Math.min(60_000, (held.lease.leaseSeconds * 1000) / 16));
  return Math.min(endAt, now + Math.max(least, (endAt - now) / 2) * within(0.1, random));
};
