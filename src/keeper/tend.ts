/**
 * One lease, tended: the pure machine of dhcp/machine.ts between its record, its timer and a socket in the container's
 * namespace that is open only while an answer can come.
 *
 * Everything that waits (for a lock, a probe) happens in `work`, one thing after the other; the machine itself never waits.
 */
import { ok } from "neverthrow";
import { type Event, step } from "../dhcp/machine.ts";
import { requestedAddress, serverId } from "../dhcp/options/address.ts";
import { messageType } from "../dhcp/options/messageType.ts";
import { read } from "../dhcp/options/option.ts";
import { boundState, initialState, type State } from "../dhcp/state.ts";
import type { Action, Env } from "../dhcp/transitions.ts";
import { faultPoint } from "../host/fault.ts";
import { containerLives } from "../lease/life.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import type { Ipv4 } from "../net/address.ts";
import { isAddressInUse } from "../netns/addressConflict.ts";
import { inNetns } from "../netns/enter.ts";
import { type ApplyError, applyLease, applyLoss, noteRequest } from "./apply.ts";
import { withContainerNetns } from "./container.ts";
import type { KeeperContext } from "./context.ts";
import { closeSocket, sendMessage } from "./exchange.ts";
import { about, addressesOf, changesOf, nameOf, type Outcome, settle, type Tended } from "./tended.ts";

/** A renewal that begins later than this after its moment is late, in milliseconds. */
const LATE = 1000;
/** When something of ours fails (a lock, the disk), it is tried again after this, in milliseconds. */
const AGAIN = 2000;

const envOf = (record: AttachmentRecord, random: () => number): Env => ({
  mac: record.mac,
  clientId: record.clientId === null ? null : Uint8Array.from(Buffer.from(record.clientId, "hex")),
  hostname: record.wanted.sendHostname ? record.hostname : null,
  vendorClass: "berth",
  rapidCommit: record.wanted.rapidCommit,
  random,
  probe: record.wanted.conflictDetection,
});

/** The container has gone, or somebody else has taken over: what is left of it is the garbage collector's. */
export const drop = (ctx: KeeperContext, t: Tended): void => {
  t.live = false;
  t.due = null;
  closeSocket(ctx, t);
  settle(t, { done: false, message: "the container is gone" });
};

/** `work` may fail in ways that are nobody's fault but ours; then the machine is set back to what is recorded. */
const enqueue = (ctx: KeeperContext, t: Tended, work: () => Promise<void>): void => {
  t.work = t.work.then(async () => {
    if (!t.live) return;
    try {
      await work();
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      failedHere(ctx, t, why);
    }
  });
};

const failedHere = (ctx: KeeperContext, t: Tended, why: string): void => {
  ctx.metrics.count("berth_renewal_failures_total", "local");
  ctx.tell({ event: "renew-failed", ...about(t.record), message: `${nameOf(t.record)}: ${why}` });
  closeSocket(ctx, t);
  t.state = stateOf(ctx, t.record);
  t.due = ctx.now() + AGAIN;
  ctx.replan();
};

const onApplyError = (ctx: KeeperContext, t: Tended, error: ApplyError): void => {
  if (error.kind === "gone") drop(ctx, t);
  else failedHere(ctx, t, error.why);
};

/** INIT, with an address that we should like to have again. */
const asking = (hint: Ipv4 | null): State => {
  const state = initialState(null);
  return state.name === "INIT" ? { ...state, hint } : state;
};

/** BOUND by the record, or looking for a lease. */
const stateOf = (ctx: KeeperContext, record: AttachmentRecord): State =>
  record.lease !== null && record.boundAtBootMs !== null
    ? boundState(record.lease, record.boundAtBootMs, ctx.random)
    : asking(record.requested?.address ?? null);

const feed = (ctx: KeeperContext, t: Tended, event: Event): void => {
  if (!t.live) return;
  const next = step(t.state, event, envOf(t.record, ctx.random));
  t.state = next.state;
  for (const action of next.actions) perform(ctx, t, action);
};

const bound = (ctx: KeeperContext, t: Tended, action: Extract<Action, { kind: "bound" }>) => async () => {
  const before = t.record;
  faultPoint("keeper-acked");
  const applied = await applyLease(ctx.dirs, ctx.home, before, action.lease, action.ackedAt);
  if (applied.isErr()) return onApplyError(ctx, t, applied.error);
  faultPoint("keeper-recorded");
  const { record, changed, problem } = applied.value;
  t.record = record;
  closeSocket(ctx, t);
  ctx.metrics.count("berth_renewals_total", action.exchange);
  const what = {
    ...about(record),
    addresses: record.addresses,
    exchange: action.exchange,
    leaseSeconds: action.lease.leaseSeconds,
  };
  const until = action.lease.leaseSeconds === 0xffffffff ? "for ever" : `for ${action.lease.leaseSeconds} s`;
  if (changed) {
    ctx.metrics.count("berth_lease_changes_total");
    const message = `${nameOf(record)}: ${addressesOf(before)} -> ${addressesOf(record)}, ${changesOf(before, record)}${until} (${action.exchange})`;
    ctx.tell({ event: "changed", ...what, message });
  } else
    ctx.tell({
      event: "renewed",
      ...what,
      message: `${nameOf(record)}: ${addressesOf(record)} ${until} (${action.exchange})`,
    });
  if (problem !== null) {
    ctx.metrics.count("berth_renewal_failures_total", "apply");
    ctx.tell({ event: "renew-failed", ...what, message: `${nameOf(record)}: the lease is held, but ${problem}` });
  }
  settle(t, { done: problem === null, message: problem ?? `${addressesOf(record)} ${until}` });
};

const lost = (ctx: KeeperContext, t: Tended, reason: string) => async () => {
  const before = t.record;
  const applied = await applyLoss(ctx.dirs, ctx.home, before);
  if (applied.isErr()) return onApplyError(ctx, t, applied.error);
  t.record = applied.value.record;
  // With an interface's last address the kernel removes all its routes, that for broadcasts too.
  closeSocket(ctx, t);
  ctx.metrics.count("berth_leases_lost_total", reason);
  const message = `${nameOf(before)}: ${addressesOf(before)} is lost (${reason}) and was taken away; asking for another lease`;
  ctx.tell({ event: "lost", ...about(before), addresses: before.addresses, message });
};

const send =
  (ctx: KeeperContext, t: Tended, { message, to }: Extract<Action, { kind: "send" }>) =>
  async () => {
    const asked = read(message.options, requestedAddress);
    if (asked !== undefined && read(message.options, messageType) === "REQUEST") {
      const noted = await noteRequest(ctx.dirs, t.record, {
        address: asked,
        server: read(message.options, serverId) ?? null,
      });
      if (noted.isErr()) return onApplyError(ctx, t, noted.error);
      t.record = noted.value;
    }
    faultPoint("keeper-asking");
    const problem = await sendMessage(ctx, t, message, to, (reply, from) =>
      feed(ctx, t, { kind: "message", now: ctx.now(), message: reply, from }),
    );
    if (problem === null) return faultPoint("keeper-sent");
    if (problem.kind === "gone") return drop(ctx, t);
    // The machine sends again by itself, from a new socket: a packet that could not leave is as good as one that was lost.
    closeSocket(ctx, t);
    ctx.metrics.count("berth_renewal_failures_total", "send");
    const text = `${nameOf(t.record)}: could not ask for the lease: ${problem.why}`;
    ctx.tell({ event: "renew-failed", ...about(t.record), message: text });
  };

const probe = (ctx: KeeperContext, t: Tended, address: Ipv4) => async () => {
  const { ifname, mac } = t.record;
  const probing = withContainerNetns(t.record, (netns) =>
    inNetns(netns, ctx.home, () => ok(isAddressInUse({ ifname, mac, address, random: ctx.random }))),
  );
  if (probing.isErr()) return failedHere(ctx, t, `could not probe ${address}: ${probing.error.why}`);
  const inUse = await probing.value;
  feed(ctx, t, { kind: inUse ? "conflict" : "clear", now: ctx.now() });
};

const tellNak = (ctx: KeeperContext, { record }: Tended, { server, text }: Extract<Action, { kind: "nak" }>): void => {
  ctx.metrics.count("berth_renewal_failures_total", "nak");
  const said = text === null ? "" : `: ${JSON.stringify(text)}`;
  const message = `${nameOf(record)}: ${server} refused ${addressesOf(record)} (DHCPNAK)${said}`;
  ctx.tell({ event: "nak", ...about(record), addresses: record.addresses, message });
};

const perform = (ctx: KeeperContext, t: Tended, action: Action): void => {
  switch (action.kind) {
    case "send":
      enqueue(ctx, t, send(ctx, t, action));
      break;
    case "arm":
      t.due = action.at;
      ctx.replan();
      break;
    case "probe":
      enqueue(ctx, t, probe(ctx, t, action.address));
      break;
    case "bound":
      enqueue(ctx, t, bound(ctx, t, action));
      break;
    case "nak":
      tellNak(ctx, t, action);
      break;
    case "lost":
      enqueue(ctx, t, lost(ctx, t, action.reason));
      break;
  }
};

/** Begins to tend a record that is bound or lost. */
export const tend = (ctx: KeeperContext, record: AttachmentRecord): Tended => {
  const t: Tended = {
    record,
    state: stateOf(ctx, record),
    due: null,
    live: true,
    socket: null,
    listenUntil: 0,
    closeBroadcast: null,
    work: Promise.resolve(),
    waiters: [],
  };
  feed(ctx, t, { kind: "start", now: ctx.now() });
  return t;
};

/** Somebody looks at the clock: what is due is done, a socket that nobody answers to any more is closed. */
export const wake = (ctx: KeeperContext, t: Tended, now: number): void => {
  if (t.live && t.due !== null && now >= t.due) {
    if (!containerLives(t.record)) {
      drop(ctx, t);
      return;
    }
    if (t.state.name === "BOUND" && now - t.due > LATE) ctx.metrics.count("berth_late_renewals_total");
    faultPoint("keeper-due");
    // Set back by a failure of ours: the machine was never started.
    if (t.state.dueAt === null) feed(ctx, t, { kind: "start", now });
    else feed(ctx, t, { kind: "timer", now });
  }
  if (t.socket !== null && now > t.listenUntil && (t.due === null || t.due > now))
    enqueue(ctx, t, async () => closeSocket(ctx, t));
};

/** When `wake` is next to be called, in milliseconds since boot; Infinity: not for its own sake. */
export const wakeAt = (t: Tended): number =>
  Math.min(t.due ?? Number.POSITIVE_INFINITY, t.socket === null ? Number.POSITIVE_INFINITY : t.listenUntil + 1);

/** Renews at once. The outcome comes with the next lease, or when the container goes. */
export const renewNow = (ctx: KeeperContext, t: Tended): Promise<Outcome> =>
  new Promise((resolve) => {
    t.waiters.push(resolve);
    const now = ctx.now();
    if (t.state.name === "BOUND") t.state = { ...t.state, held: { ...t.state.held, t1At: now }, dueAt: now };
    else if (t.state.name === "INIT" || t.state.name === "RENEWING" || t.state.name === "REBINDING")
      t.state = { ...t.state, dueAt: now };
    t.due = now;
    wake(ctx, t, now);
  });
