/**
 * `berth renew`: a container's leases renewed now. The keeper does it where one runs; without one this process does what
 * the keeper would have done, once.
 */
import type { Call } from "../cli/operator/command.ts";
import { bootMs } from "../host/bootTime.ts";
import { lockContainer } from "../lease/lock.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { readRecord, writeRecord } from "../lease/store.ts";
import { logEvent } from "../log/events.ts";
import { closeNetns, openOwnNetns } from "../netns/enter.ts";
import { type Answer, answerEach } from "./answers.ts";
import { askToRenew } from "./client.ts";
import type { KeeperContext } from "./context.ts";
import { makeMetrics } from "./metrics.ts";
import { keeperPid } from "./single.ts";
import { drop, renewNow, tend, wake, wakeAt } from "./tend.ts";

/** Long enough for a server that probes an address before it offers it, in milliseconds. */
const patience = 15_000;

/** One lease renewed by this process. */
const renewHere = async (dirs: Directories, record: AttachmentRecord): Promise<Answer> => {
  const { ifname } = record;
  const home = openOwnNetns();
  if (home.isErr()) return { ifname, done: false, message: home.error.why };
  const ctx: KeeperContext = {
    dirs,
    home: home.value,
    now: bootMs,
    random: Math.random,
    metrics: makeMetrics(),
    replan: () => {},
    tell: (event) => logEvent(dirs, event),
  };
  const tended = tend(ctx, record);
  const limit = bootMs() + patience;
  const outcome = renewNow(ctx, tended);
  let over = false;
  void outcome.finally(() => {
    over = true;
  });
  while (!over && bootMs() < limit) {
    await Bun.sleep(Math.max(1, Math.min(20, wakeAt(tended) - bootMs())));
    wake(ctx, tended, bootMs());
  }
  const result = over ? await outcome : { done: false, message: `no DHCP server answered within ${patience / 1000} s` };
  await tended.work;
  drop(ctx, tended);
  closeNetns(home.value);
  return { ifname, ...result };
};

/** A lease that an operator gave back is asked for again: the record must say that somebody is to care. */
const revive = async (dirs: Directories, { id, ifname }: AttachmentRecord): Promise<AttachmentRecord | null> => {
  const locked = await lockContainer(dirs, id, patience);
  if (locked.isErr()) return null;
  try {
    const record = readRecord(dirs, id, ifname).unwrapOr(null);
    if (record?.state !== "released") return record;
    const lost = { ...record, state: "lost" } as const;
    return writeRecord(dirs, lost).isOk() ? lost : null;
  } finally {
    locked.value.release();
  }
};

const renewOne = async (dirs: Directories, seen: AttachmentRecord): Promise<Answer> => {
  const { id, ifname } = seen;
  if (!seen.wanted.dhcp) return { ifname, done: false, message: "its address is static: there is no lease to renew" };
  const record = await revive(dirs, seen);
  if (record === null) return { ifname, done: false, message: "its record is gone, or could not be locked" };
  if (keeperPid(dirs) === null) return renewHere(dirs, record);
  const asked = await askToRenew(dirs, id, ifname, patience);
  if (asked.isErr()) return { ifname, done: false, message: asked.error };
  return asked.value[0] ?? { ifname, done: false, message: "the keeper does not keep it" };
};

export const renew = (call: Call): Promise<number> =>
  answerEach(call, "renew", (record) => renewOne(call.settings.dirs, record));
