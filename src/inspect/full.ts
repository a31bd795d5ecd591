/** All there is to know of an attachment: what `inspect --full` prints. */
import { type Attachment, secondsLeft, standingOf } from "../containers/attachment.ts";
import { lifeText } from "../lease/life.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import type { Live } from "./live.ts";
import { gatewayOf, type Inspected, inspected } from "./settings.ts";

export type Difference = { readonly Field: string; readonly Recorded: string; readonly Live: string };

export type LeaseTimes = {
  readonly State: string;
  readonly Server: string;
  readonly LeaseSeconds: number | null;
  readonly ObtainedAt: string;
  readonly RenewsAt: string | null;
  readonly RebindsAt: string | null;
  readonly ExpiresAt: string | null;
  /** Null: never. */
  readonly ExpiresInSeconds: number | null;
};

export type FullyInspected = Inspected & {
  readonly Name: string | null;
  readonly State: string;
  readonly Network: string;
  readonly Interface: string;
  readonly Port: string;
  readonly Netns: string;
  readonly Identity: string | null;
  readonly ClientIdentifier: string | null;
  readonly Hostname: string | null;
  readonly Lease: LeaseTimes | null;
  readonly Live: Live;
  /** Where the live state is not what is recorded. */
  readonly Differences: readonly Difference[];
  readonly Record: AttachmentRecord;
};

export type Now = { readonly bootMs: number; readonly wallMs: number };

/** By the clock that does not jump: the wall clock may have been set since the lease was granted. */
const leaseTimes = (record: AttachmentRecord, state: string, { bootMs, wallMs }: Now): LeaseTimes | null => {
  const { lease, boundAtBootMs } = record;
  if (lease === null || boundAtBootMs === null) return null;
  const obtained = wallMs - (bootMs - boundAtBootMs);
  const left = secondsLeft(record, bootMs);
  const forever = left === null || !Number.isFinite(left);
  const after = (seconds: number): string | null =>
    forever ? null : new Date(obtained + seconds * 1000).toISOString();
  return {
    State: state,
    Server: lease.server,
    LeaseSeconds: forever ? null : lease.leaseSeconds,
    ObtainedAt: new Date(obtained).toISOString(),
    RenewsAt: after(lease.t1Seconds),
    RebindsAt: after(lease.t2Seconds),
    ExpiresAt: after(lease.leaseSeconds),
    ExpiresInSeconds: forever ? null : left,
  };
};

const sorted = (list: readonly string[]): string => [...list].sort().join(", ");

const differences = (record: AttachmentRecord, live: Live): readonly Difference[] => {
  const pairs: (readonly [string, string, string])[] = [];
  if (!live.running) pairs.push(["Container", lifeText(record), "ended"]);
  pairs.push(["Port", record.port, live.port === null ? "gone" : record.port]);
  if (live.port !== null) pairs.push(["Bridge", record.bridge, live.port.bridge ?? "none"]);
  if (live.port !== null) pairs.push(["PortState", "up", live.port.state]);
  if (live.running) pairs.push(["Interface", record.ifname, live.interface === null ? "gone" : record.ifname]);
  if (live.interface !== null) {
    const { mac, addresses, gateway } = live.interface;
    pairs.push(["HWAddr", record.mac, mac], ["Addresses", sorted(record.addresses), sorted(addresses)]);
    pairs.push(["Gateway", gatewayOf(record.routes), gateway]);
  }
  if (live.dns !== null && record.files.includes("/etc/resolv.conf"))
    pairs.push(["DNS", record.dns.join(", "), live.dns.join(", ")]);
  return pairs.flatMap(([Field, Recorded, now]) => (Recorded === now ? [] : [{ Field, Recorded, Live: now }]));
};

export const fullyInspected = (attachment: Attachment, keeper: number | null, live: Live, now: Now): FullyInspected => {
  const { record, name } = attachment;
  const state = standingOf(record, now.bootMs);
  return {
    ...inspected(attachment, keeper),
    Name: name,
    State: state,
    Network: record.network,
    Interface: record.ifname,
    Port: record.port,
    Netns: record.netns,
    Identity: record.identity,
    ClientIdentifier: record.clientId,
    Hostname: record.hostname,
    Lease: leaseTimes(record, state, now),
    Live: live,
    Differences: differences(record, live),
    Record: record,
  };
};
