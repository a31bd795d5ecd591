/** Records against the world, as the garbage collector sees it; and leases that are about to end. */
import type { Attachments } from "../containers/attachment.ts";
import { secondsLeft, standingOf } from "../containers/attachment.ts";
import { findGarbage } from "../gc/find.ts";
import { findingText, type Finding as Garbage } from "../gc/finding.ts";
import { bootMs } from "../host/bootTime.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { durationText } from "../screen/duration.ts";
import type { Context } from "./context.ts";
import { type Finding, fail, fine, warn } from "./finding.ts";

const meaning = (garbage: Garbage): { readonly means: string; readonly mend: string } => {
  switch (garbage.kind) {
    case "broken":
      return {
        means: "the container's network does not work",
        mend: 'berth gc (repairs it, if "gc": {"broken": "repair"})',
      };
    case "unreadable":
      return { means: "the lease in it is neither renewed nor released", mend: "berth gc (moves it aside)" };
    case "ended":
    case "abandoned":
      return { means: "an address is held back that nobody uses", mend: "berth gc" };
    default:
      return { means: "it is in nobody's way", mend: "berth gc" };
  }
};

export const checkRecords = ({ settings, home }: Context, { good }: Attachments): readonly Finding[] => {
  const check = "records";
  const found = findGarbage(settings.dirs, home);
  if (found.length === 0) return [fine(check, `${good.length} attachments, all as they are recorded`)];
  return found.map((garbage) => {
    const { means, mend } = meaning(garbage);
    const level = garbage.kind === "broken" || garbage.kind === "unreadable" ? fail : warn;
    return level(check, findingText(garbage), means, mend);
  });
};

/** Past T2 by this share of the time that is left after it, a keeper that works has had an answer. */
const late = 0.25;

const ofLease = (record: AttachmentRecord, name: string, nowMs: number): readonly Finding[] => {
  const check = "leases";
  const mend = `berth renew ${name}, and 'berth doctor' for the way to the server`;
  const standing = standingOf(record, nowMs);
  if (standing === "lost")
    return [
      fail(
        check,
        `${name} ${record.ifname} has lost its lease`,
        "it has no address; the keeper goes on asking for one",
        mend,
      ),
    ];
  if (standing === "expired")
    return [
      fail(
        check,
        `the lease of ${name} ${record.ifname} has expired`,
        "its address may be given to somebody else",
        mend,
      ),
    ];
  const left = secondsLeft(record, nowMs);
  if (standing !== "bound" || record.lease === null || left === null || !Number.isFinite(left)) return [];
  const { leaseSeconds, t2Seconds } = record.lease;
  if (left > (leaseSeconds - t2Seconds) * (1 - late)) return [];
  const means = "its renewal is overdue: no server has answered since half of its time";
  return [warn(check, `the lease of ${name} ${record.ifname} ends in ${durationText(left)}`, means, mend)];
};

export const checkLeases = ({ good }: Attachments): readonly Finding[] => {
  const nowMs = bootMs();
  const found = good.flatMap(({ record, name }) => ofLease(record, name ?? record.id, nowMs));
  const leases = good.filter(({ record }) => record.lease !== null).length;
  return found.length > 0
    ? found
    : [fine("leases", leases === 0 ? "there are none" : `${leases}, none of them close to its end`)];
};
