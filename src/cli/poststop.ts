/**
 * `berth poststop`: the OCI hook of that name. The container is gone; its port goes, its lease goes back to the server, its
 * record is removed. Twice is as good as once, and a DHCP server that does not answer makes no stop fail.
 */
import { detachAll } from "../attach/detach.ts";
import { removeOwnFiles } from "../attach/ownFiles.ts";
import { readStdin } from "../host/stdin.ts";
import { lockContainer, lockErrorText } from "../lease/lock.ts";
import type { Directories } from "../lease/paths.ts";
import { isKnown } from "../lease/store.ts";
import { logEvent } from "../log/events.ts";
import { printTrace, traced } from "../log/trace.ts";
import type { ContainerId } from "../net/address.ts";
import { closeNetns, openOwnNetns } from "../netns/enter.ts";
import { parseState } from "../oci/state.ts";
import { parseSettings } from "./arguments.ts";
import { say, sayFailure } from "./say.ts";
import { onStopSignal } from "./signals.ts";

/** A createRuntime whose container is gone gives up within its next look, so its lock is soon free. Milliseconds. */
const lockMs = 10_000;
const stdinMs = 10_000;
const mostStdin = 1024 * 1024;

const release = async (dirs: Directories, id: ContainerId): Promise<number> => {
  // Handled so that a signal cannot end the process between the port and the lease; the work has its own limits.
  const locked = await lockContainer(dirs, id, lockMs, onStopSignal());
  if (locked.isErr()) {
    sayFailure(dirs, { event: "release-failed", container: id }, `poststop ${id}: ${lockErrorText(locked.error)}`);
    return 1;
  }
  const home = openOwnNetns();
  if (home.isErr()) {
    locked.value.release();
    sayFailure(dirs, { event: "release-failed", container: id }, `poststop ${id}: ${home.error.why}`);
    return 1;
  }
  try {
    const { detached, broken } = await detachAll(dirs, id, home.value);
    for (const { record, unreleased } of detached) {
      const { network, ifname, mac, addresses } = record;
      const event = { container: id, network, ifname, mac, addresses };
      if (unreleased === null) logEvent(dirs, { event: "released", ...event });
      else sayFailure(dirs, { event: "release-failed", ...event }, `poststop ${id}: network ${network}: ${unreleased}`);
    }
    for (const what of broken) sayFailure(dirs, { event: "release-failed", container: id }, `poststop ${id}: ${what}`);
    return 0;
  } finally {
    locked.value.release();
    closeNetns(home.value);
  }
};

export const poststop = async (args: readonly string[]): Promise<number> => {
  const settings = parseSettings(args);
  if (settings.isErr()) {
    say(`poststop: ${settings.error}`);
    return 2;
  }
  const { dirs } = settings.value;
  const text = readStdin(mostStdin, stdinMs);
  if (text.isErr()) {
    say(`poststop: the container's state could not be read: ${text.error.message}`);
    return 1;
  }
  const state = parseState(text.value);
  if (state.isErr()) {
    sayFailure(dirs, { event: "release-failed" }, `poststop: ${state.error.message}`);
    return 1;
  }
  traced("parse");
  // Nothing recorded and nobody at work on it: nothing to do, and nothing to write either.
  const code = !isKnown(dirs, state.value.id) ? 0 : await release(dirs, state.value.id);
  removeOwnFiles(dirs, state.value.id);
  printTrace("poststop");
  return code;
};
