/** An attachment as programs get it from `berth ls --json` and `berth graph --json`, and its parts as a person reads them. */

import { durationText } from "../screen/duration.ts";
import {
  type Attachment,
  type Attachments,
  type BrokenRecord,
  type Standing,
  secondsLeft,
  standingOf,
} from "./attachment.ts";

/** What is not known of a record that cannot be used is null. */
export type Entry = {
  readonly container: string;
  readonly name: string | null;
  readonly network: string | null;
  readonly ifname: string;
  readonly bridge: string | null;
  readonly port: string | null;
  readonly mac: string | null;
  readonly addresses: readonly string[];
  readonly state: Standing | "broken";
  /** Null: there is no lease, or it never ends, which `leaseSeconds` tells apart. */
  readonly expiresInSeconds: number | null;
  readonly expiresAt: string | null;
  /** 0xffffffff is for ever; null: there is no lease. */
  readonly leaseSeconds: number | null;
  /** Why the record cannot be used. */
  readonly error: string | null;
};

const ofAttachment = ({ record, name }: Attachment, nowMs: number): Entry => {
  const { id, network, ifname, bridge, port, mac, addresses, lease, boundAtMs } = record;
  const left = secondsLeft(record, nowMs);
  const ends = left !== null && Number.isFinite(left);
  return {
    ...{ container: id, name, network, ifname, bridge, port, mac, addresses },
    state: standingOf(record, nowMs),
    expiresInSeconds: ends ? left : null,
    expiresAt:
      ends && lease !== null && boundAtMs !== null
        ? new Date(boundAtMs + lease.leaseSeconds * 1000).toISOString()
        : null,
    leaseSeconds: lease?.leaseSeconds ?? null,
    error: null,
  };
};

const ofBroken = ({ id, ifname, why }: BrokenRecord): Entry => ({
  ...{ container: id, name: null, network: null, ifname, bridge: null, port: null, mac: null, addresses: [] },
  ...{ state: "broken", expiresInSeconds: null, expiresAt: null, leaseSeconds: null, error: why },
});

/** Its name, or its id where it has none. */
export const calledAs = ({ name, container }: Entry): string => name ?? container;

const order = (a: Entry, b: Entry): number => {
  if (calledAs(a) !== calledAs(b)) return calledAs(a) < calledAs(b) ? -1 : 1;
  return a.ifname < b.ifname ? -1 : 1;
};

/** By name, or id where there is none. `nowMs`: since boot. */
export const entriesOf = ({ good, broken }: Attachments, nowMs: number): readonly Entry[] =>
  [...good.map((one) => ofAttachment(one, nowMs)), ...broken.map(ofBroken)].sort(order);

/** Empty: there is no lease. */
export const expiryText = ({ leaseSeconds, expiresInSeconds }: Entry): string =>
  leaseSeconds === null ? "" : durationText(expiresInSeconds ?? Number.POSITIVE_INFINITY);

/** The first address, and how many more there are. */
export const addressText = ({ addresses: [first, ...more] }: Entry): string =>
  first === undefined ? "" : `${first.split("/")[0]}${more.length > 0 ? ` +${more.length}` : ""}`;
