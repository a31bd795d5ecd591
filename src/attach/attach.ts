/**
 * The main job: one planned attachment made real, in the order of the design's "way of a container", with an undo for
 * every step. Whoever calls (a hook today) brings the target; there is no second way to attach.
 */
import { err, ok, type Result } from "neverthrow";
import type { BridgeFacts } from "../bridge/driver.ts";
import { driverOf } from "../bridge/drivers.ts";
import type { PlannedAttachment } from "../config/types.ts";
import { clientIdBytes } from "../dhcp/clientId.ts";
import { faultPoint } from "../host/fault.ts";
import { unclaimMac } from "../lease/claims.ts";
import { lives } from "../lease/life.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { removeRecord, writeRecord } from "../lease/store.ts";
import { traced } from "../log/trace.ts";
import type { Mac } from "../net/address.ts";
import { enter, leave } from "../netns/enter.ts";
import { acquireLease } from "./acquireLease.ts";
import { chooseMac } from "./chooseMac.ts";
import { recordedRoot } from "./containerFiles.ts";
import type { AttachError } from "./errors.ts";
import { configureLink, leaseSetup, raiseLink, relaxReversePath } from "./link.ts";
import { portAlias, portMac, portName } from "./names.ts";
import { awaitForwarding } from "./port.ts";
import type { Step, Target } from "./step.ts";
import { undoStack } from "./undo.ts";
import { machineId } from "./worker.ts";
import { writeNameService } from "./writeNameService.ts";

export type Attached = { readonly record: AttachmentRecord; readonly warnings: readonly string[] };

/** What failed, and what could not be undone (normally nothing). */
export type AttachFailure = { readonly error: AttachError; readonly left: readonly string[] };

const firstRecord = ({ planned, target, mtu }: Step, mac: Mac): AttachmentRecord => {
  const dhcp = planned.addressing.kind === "dhcp";
  const clientId = dhcp ? clientIdBytes(planned.dhcp.clientId, mac, machineId(), planned.ifname) : null;
  return {
    version: 1,
    id: planned.id,
    ifname: planned.ifname,
    network: planned.network,
    driver: planned.driver,
    bridge: planned.bridge,
    port: planned.port ?? portName(planned.id, planned.ifname),
    state: "acquiring",
    pid: target.life.kind === "process" ? target.life.pid : null,
    pidStart: target.life.kind === "process" ? target.life.pidStart : null,
    netnsPath: target.life.kind === "netns" ? target.life.path : null,
    netns: String(target.netns.inode),
    mac,
    clientId: clientId === null ? null : Buffer.from(clientId).toString("hex"),
    identity: planned.identity,
    name: planned.name,
    hostname: planned.hostname,
    addresses: [],
    routes: [],
    dns: [],
    search: [],
    lease: null,
    requested: null,
    replacing: null,
    boundAtBootMs: null,
    boundAtMs: null,
    tookMs: null,
    files: [],
    root: target.root === null ? null : recordedRoot(target.root),
    wanted: {
      dhcp,
      sendHostname: planned.dhcp.sendHostname,
      conflictDetection: planned.dhcp.conflictDetection,
      rapidCommit: planned.dhcp.rapidCommit,
      mtu,
      dns: [...planned.dns],
      search: [...planned.search],
      resolvConf: planned.writeResolvConf,
      hosts: planned.writeHosts,
      defaultRoute: planned.defaultRoute,
    },
  };
};

/** A MAC of its own, and the record by which all that follows can be found and undone. */
const register = (step: Step): Result<AttachmentRecord, AttachError> => {
  const { dirs, planned, driver, undo } = step;
  undo.push("remove the record", () => {
    removeRecord(dirs, planned.id, planned.ifname);
  });
  return chooseMac(dirs, driver, planned, (mac) => writeRecord(dirs, firstRecord(step, mac))).map((mac) => {
    undo.push("give the MAC back", () => unclaimMac(dirs, mac, planned));
    return firstRecord(step, mac);
  });
};

const plug = (
  { dirs, planned, target, driver, undo, mtu }: Step,
  record: AttachmentRecord,
): Result<void, AttachError> => {
  const alias = portAlias(dirs, record.id, record.ifname);
  return driver
    .plug({
      bridge: record.bridge,
      port: record.port,
      alias,
      portMac: portMac(record.id, record.ifname),
      mtu,
      netns: target.netns,
      ifname: planned.ifname,
      mac: record.mac,
    })
    .map(() => undo.push("delete the port", () => driver.unplug(record.port, alias)));
};

/** Lets signal handlers run, which wait while this process waits for a child, and says whether to go on. */
const goOn = async ({ stop }: Step): Promise<Result<void, AttachError>> => {
  await new Promise<void>((resolve) => setImmediate(resolve));
  const why = stop();
  return why === null ? ok(undefined) : err({ kind: "aborted", why });
};

/** From inside the namespace: address, routes, announcement. */
const addressInside = async (step: Step, record: AttachmentRecord): Promise<Result<AttachmentRecord, AttachError>> => {
  const { planned, driver, deadline, stop } = step;
  const { addressing, ifname } = planned;
  const dhcp = addressing.kind === "dhcp";
  const raised = raiseLink(ifname, dhcp);
  if (raised.isErr()) return err(raised.error);
  const forwarding = await awaitForwarding(driver, record.port, deadline, stop);
  if (forwarding.isErr()) return err(forwarding.error);
  traced("raise");
  if (!dhcp) {
    const { addresses, routes } = addressing;
    const setup = { ifname, mac: record.mac, addresses, routes, mtu: null, leaseSeconds: null, dhcp };
    return configureLink(setup).map(() => ({
      ...record,
      addresses: [...addresses],
      routes: [...routes],
      dns: [...planned.dns],
      search: [...planned.search],
    }));
  }
  const restore = relaxReversePath(ifname);
  try {
    const bound = await acquireLease(step, record);
    traced("acquire");
    if (bound.isErr()) return err(bound.error);
    faultPoint("acquired");
    const { lease } = bound.value;
    if (lease === null) return ok(bound.value);
    return configureLink(leaseSetup(lease, bound.value)).map(() => bound.value);
  } finally {
    restore();
  }
};

const inside = async (step: Step, record: AttachmentRecord): Promise<Result<AttachmentRecord, AttachError>> => {
  const entered = enter(step.target.netns);
  if (entered.isErr()) return err(entered.error);
  try {
    return await addressInside(step, record);
  } finally {
    leave(step.target.home);
  }
};

const run = async (step: Step): Promise<Result<Attached, AttachError>> => {
  const registered = register(step);
  if (registered.isErr()) return err(registered.error);
  traced("register");
  faultPoint("registered");
  const plugged = plug(step, registered.value);
  if (plugged.isErr()) return err(plugged.error);
  traced("plug");
  faultPoint("plugged");
  const first = await goOn(step);
  if (first.isErr()) return err(first.error);
  const addressed = await inside(step, registered.value);
  if (addressed.isErr()) return err(addressed.error);
  traced("configure");
  faultPoint("configured");
  const { root } = step.target;
  const names = root === null ? { files: [], warnings: [] } : writeNameService(root, addressed.value, step.undo);
  traced("files");
  const second = await goOn(step);
  if (second.isErr()) return err(second.error);
  const tookMs = Math.round((performance.now() - step.started) * 10) / 10;
  const record: AttachmentRecord = { ...addressed.value, state: "bound", tookMs, files: [...names.files] };
  const written = writeRecord(step.dirs, record);
  if (written.isErr()) return err(written.error);
  traced("record");
  faultPoint("recorded");
  return ok({ record, warnings: names.warnings });
};

export type AttachOptions = {
  readonly dirs: Directories;
  readonly planned: PlannedAttachment;
  readonly target: Target;
  readonly signal: AbortSignal;
  /** performance.now() when the work began, for the record. */
  readonly started: number;
};

/**
 * Attaches, or leaves everything as it was. The caller holds the container's lock. Time limit: the network's
 * `dhcp.timeout`, over all waiting.
 */
export const attach = async ({
  dirs,
  planned,
  target,
  signal,
  started,
}: AttachOptions): Promise<Result<Attached, AttachFailure>> => {
  const driver = driverOf(planned.driver);
  const facts: Result<BridgeFacts, AttachError> = driver.inspect(planned.bridge);
  if (facts.isErr()) return err({ error: facts.error, left: [] });
  const step: Step = {
    dirs,
    planned,
    target,
    driver,
    undo: undoStack(),
    stop: () => {
      if (signal.aborted) return `stopped by ${String(signal.reason)}`;
      if (lives(target.life)) return null;
      const { life } = target;
      return life.kind === "process"
        ? `the container's process ${life.pid} is gone`
        : `the network namespace ${life.path} is gone`;
    },
    signal,
    started,
    deadline: performance.now() + planned.dhcp.timeoutMs,
    mtu: planned.mtu ?? facts.value.mtu,
  };
  const attached = await run(step);
  if (attached.isOk()) return ok(attached.value);
  return err({ error: attached.error, left: await step.undo.unwind() });
};
