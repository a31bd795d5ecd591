/**
 * What a lease's end or renewal means for the running container: interface, resolv.conf and record, under the container's
 * lock, so that a hook which takes the container down is never overtaken.
 *
 * The record of a change is written before the change (with what it replaces) and once more after it: whoever is killed
 * in between leaves enough for the next one to finish.
 */
import { err, ok, type Result } from "neverthrow";
import { leasedRecord } from "../attach/leasedRecord.ts";
import { leaseSetup } from "../attach/link.ts";
import { type Configured, deconfigure, isChange, prolong, reconfigure } from "../attach/relink.ts";
import { undoStack } from "../attach/undo.ts";
import { writeNameService } from "../attach/writeNameService.ts";
import type { Lease } from "../dhcp/lease.ts";
import { faultPoint } from "../host/fault.ts";
import { recallAddress, rememberAddress } from "../lease/identities.ts";
import { lockContainer, lockErrorText } from "../lease/lock.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { readRecord, writeRecord } from "../lease/store.ts";
import type { Netns } from "../netns/enter.ts";
import { type Gone, withContainerNetns } from "./container.ts";

/** How long a hook of the same container is waited for, in milliseconds. */
const lockMs = 30_000;

export type ApplyError = Gone | { readonly kind: "failed"; readonly why: string };

/** What was applied; `problem`: the record is right, but the interface could not be brought in line with it. */
export type Applied = {
  readonly record: AttachmentRecord;
  readonly changed: boolean;
  readonly problem: string | null;
};

const failed = (why: string): ApplyError => ({ kind: "failed", why });

/** The record as it is now, if it is still about the same life of the container and still the keeper's business. */
const currentOf = (dirs: Directories, seen: AttachmentRecord): Result<AttachmentRecord, ApplyError> =>
  readRecord(dirs, seen.id, seen.ifname)
    .mapErr(
      (error): ApplyError =>
        error.kind === "file" && error.code === "ENOENT"
          ? { kind: "gone", why: "its record is gone" }
          : failed(error.kind === "file" ? error.message : error.what),
    )
    .andThen((record) => {
      if (record.pid !== seen.pid || record.pidStart !== seen.pidStart || record.netns !== seen.netns)
        return err<AttachmentRecord, ApplyError>({ kind: "gone", why: "the container has begun another life" });
      if (record.state === "acquiring" || record.state === "released")
        return err<AttachmentRecord, ApplyError>({ kind: "gone", why: `its record says ${record.state}` });
      return ok<AttachmentRecord, ApplyError>(record);
    });

/** Reads the record under the container's lock and lets `work` replace it. */
export const underLock = async <T>(
  dirs: Directories,
  seen: AttachmentRecord,
  work: (record: AttachmentRecord) => Result<T, ApplyError>,
): Promise<Result<T, ApplyError>> => {
  const locked = await lockContainer(dirs, seen.id, lockMs);
  if (locked.isErr()) return err(failed(lockErrorText(locked.error)));
  try {
    return currentOf(dirs, seen).andThen(work);
  } finally {
    locked.value.release();
  }
};

const save = (dirs: Directories, record: AttachmentRecord): Result<AttachmentRecord, ApplyError> =>
  writeRecord(dirs, record)
    .map(() => record)
    .mapErr(({ message }) => failed(message));

/** What may be on the interface: what the record says, and what an unfinished change was replacing. */
export const configuredBy = ({ addresses, routes, replacing }: AttachmentRecord): Configured => ({
  addresses: [...addresses, ...(replacing?.addresses ?? [])],
  routes: [...routes, ...(replacing?.routes ?? [])],
});

const problemOf = (result: Result<unknown, { kind: string }>): string | null =>
  result.match(
    () => null,
    (error) => {
      if ("line" in error && "why" in error) return `'${String(error.line)}' said: ${String(error.why)}`;
      return "why" in error ? String(error.why) : error.kind;
    },
  );

const namesDiffer = (a: AttachmentRecord, b: AttachmentRecord): boolean =>
  a.dns.join() !== b.dns.join() || a.search.join() !== b.search.join() || a.addresses.join() !== b.addresses.join();

const writeNames = (dirs: Directories, record: AttachmentRecord): AttachmentRecord => {
  if (record.root === null) return record;
  const root = { ...record.root, id: record.id, runDir: dirs.runDir };
  const { files } = writeNameService(root, record, undoStack());
  return { ...record, files: [...new Set([...record.files, ...files])] };
};

/** A container that is known by its MAC's last address goes on being known by the new one. */
const remember = (dirs: Directories, { network, mac }: AttachmentRecord, { address, server }: Lease): void => {
  if (recallAddress(dirs, network, mac) !== null) rememberAddress(dirs, network, mac, { address, server });
};

/** A lease was granted or prolonged. `ackedAt` in milliseconds since boot. */
export const applyLease = (
  dirs: Directories,
  home: Netns,
  seen: AttachmentRecord,
  lease: Lease,
  ackedAt: number,
): Promise<Result<Applied, ApplyError>> =>
  underLock(dirs, seen, (before) => {
    const next: AttachmentRecord = {
      ...leasedRecord(before, lease, ackedAt),
      state: "bound",
      requested: null,
      replacing: null,
    };
    const setup = leaseSetup(lease, before);
    const was = configuredBy(before);
    const changed = isChange(was, next) || before.lease?.mtu !== lease.mtu;
    remember(dirs, before, lease);
    if (!changed) {
      const prolonged = withContainerNetns(before, (netns) => prolong(netns, home, setup));
      faultPoint("keeper-applied");
      const named = namesDiffer(before, next) ? writeNames(dirs, next) : next;
      return save(dirs, named).map((record) => ({
        record,
        changed: named !== next || namesDiffer(before, next),
        problem: problemOf(prolonged),
      }));
    }
    return save(dirs, { ...next, replacing: { addresses: [...was.addresses], routes: [...was.routes] } }).andThen(
      (noted) => {
        faultPoint("keeper-noted");
        const configured = withContainerNetns(before, (netns) => reconfigure(netns, home, was, setup));
        faultPoint("keeper-applied");
        const named = writeNames(dirs, configured.isOk() ? next : noted);
        return save(dirs, named).map((record) => ({ record, changed: true, problem: problemOf(configured) }));
      },
    );
  });

/** The lease has ended: nobody may use the address any more. */
export const applyLoss = (
  dirs: Directories,
  home: Netns,
  seen: AttachmentRecord,
  state: "lost" | "released" = "lost",
): Promise<Result<Applied, ApplyError>> =>
  underLock(dirs, seen, (before) => {
    const was = configuredBy(before);
    const next: AttachmentRecord = {
      ...before,
      state,
      addresses: [],
      routes: [],
      lease: null,
      requested: null,
      replacing: null,
    };
    return save(dirs, { ...next, replacing: { addresses: [...was.addresses], routes: [...was.routes] } }).andThen(
      () => {
        faultPoint("keeper-noted");
        const taken = withContainerNetns(before, (netns) => {
          deconfigure(netns, home, before.ifname, was);
          return ok(undefined);
        });
        faultPoint("keeper-applied");
        return save(dirs, next).map((record) => ({ record, changed: true, problem: problemOf(taken) }));
      },
    );
  });

/** A REQUEST is about to leave, after which a server may hold the address for us. */
export const noteRequest = (
  dirs: Directories,
  seen: AttachmentRecord,
  requested: NonNullable<AttachmentRecord["requested"]>,
): Promise<Result<AttachmentRecord, ApplyError>> =>
  underLock(dirs, seen, (record) => save(dirs, { ...record, requested }));
