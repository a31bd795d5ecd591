/**
 * The other half: an attachment taken down and its lease handed back, from its record alone. Idempotent: what is gone
 * already is done.
 */
import { driverOf } from "../bridge/drivers.ts";
import { bootMs } from "../host/bootTime.ts";
import { faultPoint } from "../host/fault.ts";
import { unclaimMac } from "../lease/claims.ts";
import { brokenDir, type Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { keepBrokenRecord, type Listed, recordsOf, removeRecord, removeUnrecorded } from "../lease/store.ts";
import { traced } from "../log/trace.ts";
import type { ContainerId } from "../net/address.ts";
import type { Netns } from "../netns/enter.ts";
import { releaseErrorText } from "./errors.ts";
import { portAlias, portName } from "./names.ts";
import { heldLease, isRunning, releaseLease } from "./release.ts";

/** How long a stop waits for the DHCP server to be reachable, in milliseconds. */
const releaseMs = 1500;

export type Detached = {
  readonly record: AttachmentRecord;
  /** Why the lease could not be handed back; null: it was, or there was none. */
  readonly unreleased: string | null;
};

const release = async (dirs: Directories, record: AttachmentRecord, home: Netns): Promise<string | null> => {
  const held = heldLease(record);
  if (held === null) return null;
  if (
    record.lease !== null &&
    record.boundAtBootMs !== null &&
    !isRunning(record.lease, record.boundAtBootMs, bootMs())
  )
    return null;
  const released = await releaseLease(dirs, record, held, home, releaseMs);
  return released.isOk() ? null : `${held.address} was not released: ${releaseErrorText(released.error)}`;
};

/**
 * Takes one attachment down. The caller holds the container's lock. `keep`: where the server could not be reached the
 * record stays, so that the lease can be handed back later.
 */
export const detach = async (
  dirs: Directories,
  record: AttachmentRecord,
  home: Netns,
  unreleased: "forget" | "keep" = "forget",
): Promise<Detached> => {
  await driverOf(record.driver).unplug(record.port, portAlias(dirs, record.id, record.ifname));
  traced("unplug");
  faultPoint("unplugged");
  const failure = await release(dirs, record, home);
  traced("release");
  faultPoint("released");
  if (failure !== null && unreleased === "keep" && record.lease !== null) return { record, unreleased: failure };
  unclaimMac(dirs, record.mac, record);
  removeRecord(dirs, record.id, record.ifname);
  return { record, unreleased: failure };
};

export type DetachedAll = {
  readonly detached: readonly Detached[];
  /** Records that could not be read: moved aside, so that they neither block the container's id nor get lost. */
  readonly broken: readonly string[];
};

/** Takes down all that is recorded of a container. */
export const detachAll = async (dirs: Directories, id: ContainerId, home: Netns): Promise<DetachedAll> => {
  const detached: Detached[] = [];
  const broken: string[] = [];
  for (const listed of recordsOf(dirs, id)) {
    if (listed.ok) detached.push(await detach(dirs, listed.record, home));
    else broken.push(await setAside(dirs, id, listed));
  }
  removeUnrecorded(dirs, id);
  return { detached, broken };
};

/** A record that makes no sense still has a name: its port goes, and the file is kept where it is in nobody's way. */
const setAside = async (
  dirs: Directories,
  id: ContainerId,
  listed: Extract<Listed, { ok: false }>,
): Promise<string> => {
  await driverOf("linux").unplug(portName(id, listed.ifname), portAlias(dirs, id, listed.ifname));
  keepBrokenRecord(dirs, id, listed.ifname);
  return `the record ${listed.path} cannot be used (${listed.why}); its port was deleted and it was moved to ${brokenDir(dirs)}; its lease, if any, ends by itself`;
};
