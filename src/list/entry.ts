/** A line of `berth ls`: as JSON, and as cells of its table. */
import {
  type Attachment,
  type Attachments,
  type BrokenRecord,
  type Standing,
  secondsLeft,
  shortId,
  standingOf,
} from "../containers/attachment.ts";
import type { Style } from "../screen/colour.ts";
import { durationText } from "../screen/duration.ts";
import type { Row } from "../screen/table.ts";

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

const called = ({ name, container }: Entry): string => name ?? container;

const order = (a: Entry, b: Entry): number => {
  if (called(a) !== called(b)) return called(a) < called(b) ? -1 : 1;
  return a.ifname < b.ifname ? -1 : 1;
};

/** By name, or id where there is none. `nowMs`: since boot. */
export const entriesOf = ({ good, broken }: Attachments, nowMs: number): readonly Entry[] =>
  [...good.map((one) => ofAttachment(one, nowMs)), ...broken.map(ofBroken)].sort(order);

/** Neighbours are partners on a narrow terminal. */
export const titles = [
  ...["CONTAINER", "NAME", "NETWORK", "BRIDGE", "PORT", "IFNAME", "MAC", "IP", "LEASE", "EXPIRES IN"],
];

const styles: Readonly<Partial<Record<Entry["state"], Style>>> = {
  bound: "green",
  acquiring: "yellow",
  lost: "red",
  expired: "red",
  ended: "red",
  broken: "red",
};

const expiry = ({ leaseSeconds, expiresInSeconds }: Entry): string =>
  leaseSeconds === null ? "" : durationText(expiresInSeconds ?? Number.POSITIVE_INFINITY);

const addressText = ({ addresses: [first, ...more] }: Entry): string =>
  first === undefined ? "" : `${first.split("/")[0]}${more.length > 0 ? ` +${more.length}` : ""}`;

export const cellsOf = (entry: Entry): Row => {
  const { container, name, network, ifname, bridge, port, mac, state } = entry;
  const style = styles[state];
  return [
    { text: shortId(container) },
    { text: name ?? "" },
    { text: network ?? "" },
    { text: bridge ?? "", style: "dim" },
    { text: port ?? "", style: "dim" },
    { text: ifname, style: "dim" },
    { text: mac ?? "", style: "dim" },
    { text: addressText(entry) },
    { text: state, ...(style === undefined ? {} : { style }) },
    { text: expiry(entry) },
  ];
};
