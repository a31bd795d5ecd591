/**
 * `berth createRuntime`: the OCI hook of that name (runtime-spec, config.md, "createRuntime Hooks"). The runtime has made
 * the container's namespaces and waits for this process before it starts the container's own.
 */

import { ok } from "neverthrow";
import { attach } from "../attach/attach.ts";
import type { ContainerRoot } from "../attach/containerFiles.ts";
import { detachAll } from "../attach/detach.ts";
import { attachErrorText } from "../attach/errors.ts";
import { removeOwnFiles } from "../attach/ownFiles.ts";
import type { Target } from "../attach/step.ts";
import { loadConfig } from "../config/load.ts";
import { plan } from "../config/plan.ts";
import type { PlannedAttachment } from "../config/types.ts";
import { engineFacts } from "../engine/docker.ts";
import { isAlive, startTime } from "../host/process.ts";
import { readStdin } from "../host/stdin.ts";
import { keeperPid } from "../keeper/single.ts";
import { containerLives } from "../lease/life.ts";
import { lockContainer, lockErrorText } from "../lease/lock.ts";
import { recordsOf } from "../lease/store.ts";
import { logEvent } from "../log/events.ts";
import { printTrace, profile, traced } from "../log/trace.ts";
import type { ContainerId } from "../net/address.ts";
import { closeNetns, inNetns, type Netns, openNetnsOf, openOwnNetns } from "../netns/enter.ts";
import { interfaceNames } from "../netns/interfaces.ts";
import { readBundle } from "../oci/bundle.ts";
import type { OciSpec } from "../oci/spec.ts";
import { type OciState, parseState } from "../oci/state.ts";
import { parseSettings, type Settings, settingsWords } from "./arguments.ts";
import { say, sayFailure } from "./say.ts";
import { onStopSignal } from "./signals.ts";

/** How long another hook of the same container is waited for, in milliseconds. */
const lockMs = 15_000;
const stdinMs = 10_000;
const mostStdin = 1024 * 1024;

type Hook = { readonly settings: Settings; readonly state: OciState; readonly started: number };

const fail = ({ settings, state }: Hook, message: string, network?: string): number => {
  const event = { event: "attach-failed", container: state.id, ...(network === undefined ? {} : { network }) } as const;
  sayFailure(settings.dirs, event, `createRuntime ${state.id}: ${message}`);
  return 1;
};

const notOurs = ({ settings, state }: Hook, because: string): number => {
  logEvent(settings.dirs, { event: "not-ours", container: state.id, message: because });
  return 0;
};

const rootOf = ({ state, settings }: Hook, spec: OciSpec): ContainerRoot => ({
  id: state.id,
  bundle: state.bundle,
  rootfs: spec.rootPath.startsWith("/") ? spec.rootPath : `${state.bundle}/${spec.rootPath}`,
  mounts: spec.mounts,
  runDir: settings.dirs.runDir,
});

/** What is recorded of this id: a living predecessor is an error, a dead one is cleaned up first. */
const clearTheWay = async (hook: Hook, id: ContainerId, home: Netns): Promise<string | null> => {
  const { dirs } = hook.settings;
  const records = recordsOf(dirs, id);
  for (const listed of records) {
    if (!listed.ok) continue;
    const { ifname, addresses, state } = listed.record;
    if (containerLives(listed.record))
      return `already attached: ${ifname} is ${state}${addresses.length > 0 ? ` with ${addresses.join(", ")}` : ""}`;
  }
  if (records.length > 0) await detachAll(dirs, id, home);
  return null;
};

const attachOne = async (
  hook: Hook,
  planned: PlannedAttachment,
  target: Target,
  signal: AbortSignal,
): Promise<number> => {
  const { dirs } = hook.settings;
  const attached = await attach({ dirs, planned, target, signal, started: hook.started });
  if (attached.isErr()) {
    const { error, left } = attached.error;
    const notUndone = left.length === 0 ? "" : ` (and could not undo: ${left.join("; ")})`;
    return fail(hook, `network ${planned.network}: ${attachErrorText(error)}${notUndone}`, planned.network);
  }
  const { record, warnings } = attached.value;
  for (const warning of warnings) say(`createRuntime ${planned.id}: ${warning}`);
  const { network, ifname, mac, addresses, tookMs } = record;
  logEvent(dirs, {
    event: "attached",
    container: record.id,
    network,
    ifname,
    mac,
    addresses,
    ...(tookMs === null ? {} : { tookMs }),
    steps: profile(),
  });
  for (const message of warnings) logEvent(dirs, { event: "warning", container: record.id, message });
  return 0;
};

const withTarget = async (hook: Hook, attachments: readonly PlannedAttachment[], target: Target): Promise<number> => {
  const { dirs } = hook.settings;
  const { id } = hook.state;
  const stopping = onStopSignal();
  const locked = await lockContainer(dirs, id, lockMs, stopping);
  if (locked.isErr()) return fail(hook, lockErrorText(locked.error));
  try {
    traced("lock");
    const inTheWay = await clearTheWay(hook, id, target.home);
    if (inTheWay !== null) return fail(hook, inTheWay);
    const seen = inNetns(target.netns, target.home, () => ok(interfaceNames()));
    if (seen.isErr()) return fail(hook, `could not ${seen.error.attempted}: ${seen.error.why}`);
    if (seen.value.length > 0) return notOurs(hook, `its network namespace already has ${seen.value.join(", ")}`);
    for (const planned of attachments) {
      const code = await attachOne(hook, planned, target, stopping);
      if (code !== 0) {
        await detachAll(dirs, id, target.home);
        removeOwnFiles(dirs, id);
        return code;
      }
    }
    return 0;
  } finally {
    locked.value.release();
  }
};

const work = async (hook: Hook): Promise<number> => {
  const { state, settings } = hook;
  const bundle = readBundle(state.bundle);
  if (bundle.isErr()) return fail(hook, bundle.error.message);
  const config = loadConfig(settings.configFile);
  if (config.isErr()) return fail(hook, config.error.message);
  const planned = plan(state, bundle.value, config.value, engineFacts(bundle.value, state.id));
  if (planned.isErr()) return fail(hook, `${planned.error.where}: ${planned.error.what}: ${planned.error.todo}`);
  if (planned.value.kind === "not-ours") return notOurs(hook, planned.value.because);
  traced("plan");
  const { pid } = state;
  const pidStart = pid === null ? null : startTime(pid);
  if (pid === null)
    return fail(hook, "the state has no pid: createRuntime is called for a container that is being created");
  if (pidStart === null) return fail(hook, `the container's process ${pid} is gone`);
  const home = openOwnNetns();
  if (home.isErr()) return fail(hook, `could not ${home.error.attempted}: ${home.error.why}`);
  const netns = openNetnsOf(pid);
  if (netns.isErr()) return fail(hook, `could not ${netns.error.attempted}: ${netns.error.why}`);
  try {
    const joins = bundle.value.namespaces.some(({ type, path }) => type === "network" && path !== null);
    if (netns.value.inode === home.value.inode && joins)
      return notOurs(hook, "it joins the network namespace that the hook runs in");
    if (netns.value.inode === home.value.inode)
      return fail(
        hook,
        "this hook was started inside the container's own network namespace (Kata Containers does that): register it with a runtime that calls createRuntime on the host",
      );
    if (!isAlive(pid, pidStart)) return fail(hook, `the container's process ${pid} is gone`);
    const root = rootOf(hook, bundle.value);
    const target: Target = { life: { kind: "process", pid, pidStart }, netns: netns.value, home: home.value, root };
    const code = await withTarget(hook, planned.value.attachments, target);
    if (code === 0 && config.value.keeper.autostart && keeperPid(settings.dirs) === null)
      (await import("../keeper/autostart.ts")).startKeeperForHook(settings.dirs, settingsWords(settings));
    return code;
  } finally {
    closeNetns(netns.value);
    closeNetns(home.value);
  }
};

export const createRuntime = async (args: readonly string[]): Promise<number> => {
  const started = performance.now();
  const settings = parseSettings(args);
  if (settings.isErr()) {
    say(`createRuntime: ${settings.error}`);
    return 2;
  }
  const text = readStdin(mostStdin, stdinMs);
  if (text.isErr()) {
    say(`createRuntime: the container's state could not be read: ${text.error.message}`);
    return 1;
  }
  const state = parseState(text.value);
  if (state.isErr()) {
    sayFailure(settings.value.dirs, { event: "attach-failed" }, `createRuntime: ${state.error.message}`);
    return 1;
  }
  traced("parse");
  const code = await work({ settings: settings.value, state: state.value, started });
  printTrace("createRuntime");
  return code;
};
