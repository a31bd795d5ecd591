/** A lease in the keeper's care, and how it is spoken of. */
import type { ClientSocket } from "../dhcp/client.ts";
import type { State } from "../dhcp/state.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import type { Netns } from "../netns/enter.ts";

/** How something ended that somebody waits for. */
export type Outcome = { readonly done: boolean; readonly message: string };

export type Tended = {
  record: AttachmentRecord;
  state: State;
  /** When the machine wants to be woken, in milliseconds since boot; null: never. */
  due: number | null;
  /** False: nothing more is to be done for it. */
  live: boolean;
  socket: ClientSocket | null;
  /** Milliseconds since boot. */
  listenUntil: number;
  /** Takes away again what a broadcast needed. */
  closeBroadcast: ((netns: Netns) => void) | null;
  /** One thing after the other. */
  work: Promise<void>;
  waiters: ((outcome: Outcome) => void)[];
};

export const nameOf = ({ id, ifname, network }: AttachmentRecord): string => `${id} ${ifname} (network ${network})`;

/** The fields of an event. */
export const about = (record: AttachmentRecord) => ({
  container: record.id,
  network: record.network,
  ifname: record.ifname,
  mac: record.mac,
});

export const addressesOf = (record: AttachmentRecord): string => record.addresses.join(", ") || "no address";

const routesOf = (record: AttachmentRecord): string =>
  record.routes.map(({ to, via }) => `${to} via ${via ?? "link"}`).join(", ") || "none";

/** What a new lease changed beside the address, each with a comma after it. */
export const changesOf = (before: AttachmentRecord, after: AttachmentRecord): string =>
  [
    routesOf(before) === routesOf(after) ? "" : `routes ${routesOf(after)}, `,
    before.dns.join() === after.dns.join() ? "" : `DNS ${after.dns.join(" ") || "none"}, `,
    before.search.join() === after.search.join() ? "" : `search ${after.search.join(" ") || "none"}, `,
  ].join("");

/** Whoever waits is told. */
export const settle = (t: Tended, outcome: Outcome): void => {
  for (const waiter of t.waiters.splice(0)) waiter(outcome);
};
