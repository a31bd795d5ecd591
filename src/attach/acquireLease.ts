/** The DHCP part of an attachment, from inside the container's namespace: a lease, and the undo that gives it back. */
import { err, ok, type Result } from "neverthrow";
import { type AcquireError, acquire } from "../dhcp/client.ts";
import { faultPoint } from "../host/fault.ts";
import { forgetAddress, recallAddress, rememberAddress } from "../lease/identities.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { writeRecord } from "../lease/store.ts";
import { isAddressInUse } from "../netns/addressConflict.ts";
import { releaseErrorText } from "./errors.ts";
import { leasedRecord } from "./leasedRecord.ts";
import { portAlias } from "./names.ts";
import { heldLease, releaseLease } from "./release.ts";
import type { Step } from "./step.ts";

/** How long a release may take while a failed attachment is undone, in milliseconds. */
const undoReleaseMs = 1500;

/** On failure the lease that `record` tells of goes back to its server. The port goes first: it has the same MAC. */
const releaseOnUndo = ({ dirs, driver, target, undo }: Step, record: AttachmentRecord): void => {
  const held = heldLease(record);
  if (held === null) return;
  undo.push(`release ${held.address}`, async () => {
    await driver.unplug(record.port, portAlias(dirs, record.id, record.ifname));
    const released = await releaseLease(dirs, record, held, target.home, undoReleaseMs);
    if (released.isErr()) throw new Error(releaseErrorText(released.error));
  });
};

/** Asks for a lease, beginning with the address that this MAC had last time. */
export const acquireLease = async (
  step: Step,
  record: AttachmentRecord,
): Promise<Result<AttachmentRecord, AcquireError>> => {
  const { dirs, planned, stop, signal, deadline } = step;
  const before = recallAddress(dirs, planned.network, record.mac);
  let current = record;
  const acquired = await acquire({
    mac: record.mac,
    hostname: planned.dhcp.sendHostname ? planned.hostname : null,
    settings: planned.dhcp,
    clientId: record.clientId === null ? null : Uint8Array.from(Buffer.from(record.clientId, "hex")),
    requestedAddress: before?.address ?? null,
    deadline,
    alive: stop,
    signal,
    random: Math.random,
    ...(planned.dhcp.conflictDetection
      ? { probe: (address) => isAddressInUse({ ifname: record.ifname, mac: record.mac, address, random: Math.random }) }
      : {}),
    onRequest: (address, server) => {
      current = { ...record, requested: { address, server: server ?? before?.server ?? null } };
      // A failure to write comes again, and counts, when the lease itself is recorded.
      writeRecord(dirs, current);
      faultPoint("requested");
    },
  });
  if (acquired.isOk()) {
    const { lease } = acquired.value;
    const bound = leasedRecord(current, lease);
    releaseOnUndo(step, bound);
    // A random MAC never comes back: there is nothing to remember it for.
    if (planned.identity !== null || planned.mac !== null)
      rememberAddress(dirs, planned.network, record.mac, { address: lease.address, server: lease.server });
    return ok(bound);
  }
  if (acquired.error.kind === "conflict") forgetAddress(dirs, planned.network, record.mac);
  if (acquired.error.maybeLease !== null) releaseOnUndo(step, current);
  return err(acquired.error);
};
