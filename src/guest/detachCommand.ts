/**
 * `berth detach`: an interface of ours is taken from a container that goes on running, and its lease handed back. What is not
 * recorded is not ours, and stays.
 */
import { rewriteContainerFile } from "../attach/containerFiles.ts";
import { detach } from "../attach/detach.ts";
import { hostsWithout } from "../attach/nameService.ts";
import type { Call } from "../cli/operator/command.ts";
import { say } from "../cli/say.ts";
import { onStopSignal } from "../cli/signals.ts";
import { type Answer, answerEach, askedRecords } from "../keeper/answers.ts";
import { tellToLook } from "../keeper/client.ts";
import { lockContainer, lockErrorText } from "../lease/lock.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { readRecord } from "../lease/store.ts";
import { logEvent } from "../log/events.ts";
import { closeNetns, openOwnNetns } from "../netns/enter.ts";

/** How long a hook of the same container is waited for, in milliseconds. */
const lockMs = 15_000;

const forgetHost = (dirs: Directories, { root, files, id, ifname }: AttachmentRecord): void => {
  if (root === null || !files.includes("/etc/hosts")) return;
  rewriteContainerFile({ ...root, id, runDir: dirs.runDir }, "/etc/hosts", (before) => hostsWithout(before, ifname));
};

const detachOne = async (dirs: Directories, seen: AttachmentRecord, signal: AbortSignal): Promise<Answer> => {
  const { id, ifname } = seen;
  const locked = await lockContainer(dirs, id, lockMs, signal);
  if (locked.isErr()) return { ifname, done: false, message: lockErrorText(locked.error) };
  const home = openOwnNetns();
  try {
    if (home.isErr()) return { ifname, done: false, message: home.error.why };
    const record = readRecord(dirs, id, ifname).unwrapOr(null);
    if (record === null) return { ifname, done: true, message: "somebody else has detached it meanwhile" };
    forgetHost(dirs, record);
    const { unreleased } = await detach(dirs, record, home.value);
    const { network, mac, addresses } = record;
    const event = { container: id, network, ifname, mac, addresses };
    if (unreleased === null) logEvent(dirs, { event: "released", ...event, message: "detached by an operator" });
    else logEvent(dirs, { event: "release-failed", ...event, message: unreleased });
    const had = addresses.join(", ") || "no address";
    return { ifname, done: true, message: `${had} detached${unreleased === null ? "" : `, but ${unreleased}`}` };
  } finally {
    if (home.isOk()) closeNetns(home.value);
    locked.value.release();
  }
};

export const detachGuest = async (call: Call): Promise<number> => {
  const { dirs } = call.settings;
  const asked = await askedRecords(call);
  if (asked.isOk() && asked.value.length > 1 && !call.has("all")) {
    const has = asked.value.map(({ ifname, addresses }) => [ifname, ...addresses].join(" ")).join(", ");
    say(`detach: ${asked.value[0]?.id ?? ""} has several interfaces (${has}): choose one with -i, or give --all`);
    return 2;
  }
  // Handled so that a signal cannot end the process between the port and the lease; the work has its own limits.
  const signal = onStopSignal();
  const code = await answerEach(call, "detach", (record) => detachOne(dirs, record, signal));
  await tellToLook(dirs);
  return code;
};
