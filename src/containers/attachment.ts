/** Attachments as an operator looks at them: the record, what its engine calls the container, and how its lease stands. */
import { readdirSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { dockerName } from "../engine/docker.ts";
import { podmanNames } from "../engine/podman.ts";
import { thrownCode, thrownText } from "../host/errno.ts";
import { containerLives } from "../lease/life.ts";
import { attachmentsDir, type Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { type Listed, recordedContainers, recordsOf } from "../lease/store.ts";
import type { ContainerId } from "../net/address.ts";

export type Attachment = { readonly record: AttachmentRecord; readonly name: string | null };

export type BrokenRecord = Extract<Listed, { ok: false }> & { readonly id: ContainerId };

export type Attachments = { readonly good: readonly Attachment[]; readonly broken: readonly BrokenRecord[] };

/** An older record has the engine's name in its identity only. */
const recordedName = ({ name, identity }: AttachmentRecord): string | null =>
  name ?? (identity?.startsWith("name:") === true ? identity.slice("name:".length) : null);

/** Nobody has been attached yet: no reason. */
const whyUnreadable = (dirs: Directories): string | null => {
  const path = attachmentsDir(dirs);
  try {
    readdirSync(path);
    return null;
  } catch (thrown) {
    const code = thrownCode(thrown);
    if (code === "ENOENT") return null;
    if (code === "EACCES" || code === "EPERM") return `${path} can be read by root only: run this as root`;
    return `${path} cannot be read: ${thrownText(thrown)}`;
  }
};

/**
 * All that is recorded, ordered by container and interface. A container may have been renamed since it was attached. The
 * error is a sentence: the records cannot be read at all.
 */
export const listAttachments = (dirs: Directories): Result<Attachments, string> => {
  const why = whyUnreadable(dirs);
  if (why !== null) return err(why);
  const ofPodman = podmanNames();
  const nameOf = (record: AttachmentRecord): string | null => {
    const { root, id } = record;
    const live = root === null ? null : (dockerName(root, id) ?? ofPodman(id, root.bundle));
    return live ?? recordedName(record);
  };
  const listed = recordedContainers(dirs)
    .toSorted()
    .flatMap((id) => recordsOf(dirs, id).map((one) => ({ ...one, id })));
  return ok({
    good: listed.flatMap((one) => (one.ok ? [{ record: one.record, name: nameOf(one.record) }] : [])),
    broken: listed.flatMap((one) => (one.ok ? [] : [one])),
  });
};

/** As `docker ps` shows an id; ids that somebody chose are shown whole. */
export const shortId = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);

/** RFC 2131 §3.3. */
const FOREVER = 0xffffffff;

/**
 * How an attachment stands: the record's own states; `static`: there is no lease; `expired`: the lease's time is over;
 * `ended`: the container's process is gone and nobody has taken the attachment down.
 */
export type Standing = AttachmentRecord["state"] | "static" | "expired" | "ended";

/** Seconds left of the lease at `nowMs` since boot, never less than 0; null: no lease; infinite: for ever. */
export const secondsLeft = ({ lease, boundAtBootMs }: AttachmentRecord, nowMs: number): number | null => {
  if (lease === null || boundAtBootMs === null) return null;
  if (lease.leaseSeconds === FOREVER) return Number.POSITIVE_INFINITY;
  return Math.max(0, Math.floor((boundAtBootMs - nowMs) / 1000 + lease.leaseSeconds));
};

export const standingOf = (record: AttachmentRecord, nowMs: number): Standing => {
  if (!containerLives(record)) return "ended";
  if (record.state !== "bound") return record.state;
  if (!record.wanted.dhcp) return "static";
  return secondsLeft(record, nowMs) === 0 ? "expired" : "bound";
};
