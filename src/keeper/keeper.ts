/**
 * The keeper: the one daemon of a host, which renews leases for as long as their containers live. It keeps nothing that is
 * not in a record, so that one that was killed goes on where it was. Nothing needs it to start or stop a container.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { bootMs } from "../host/bootTime.ts";
import { faultWished } from "../host/fault.ts";
import type { Directories } from "../lease/paths.ts";
import type { Listed } from "../lease/store.ts";
import { type Event, logEvent } from "../log/events.ts";
import type { ContainerId } from "../net/address.ts";
import { openOwnNetns } from "../netns/enter.ts";
import type { KeeperContext } from "./context.ts";
import { type Gauges, makeMetrics } from "./metrics.ts";
import { becomeKeeper } from "./single.ts";
import { drop, renewNow, tend, wake, wakeAt } from "./tend.ts";
import type { Outcome, Tended } from "./tended.ts";
import { keyOf, watchRecords } from "./watch.ts";

export type Keeper = {
  /** Looks at the records now. */
  readonly look: () => void;
  /** Renews one container's leases now; an empty list where it has none. */
  readonly renew: (
    id: ContainerId,
    ifname: string | null,
  ) => Promise<readonly (Outcome & { readonly ifname: string })[]>;
  readonly context: KeeperContext;
  readonly gauges: () => Gauges;
  /** Settles when the keeper has to end, with the reason; with `STRAY` it has to begin anew. */
  readonly ended: Promise<string>;
  /** Closes what is open. No lease is released. */
  readonly stop: () => void;
};

/**
 * The engine starts threads when it likes to. One that is born in the microseconds that we are inside a container's namespace
 * stays there and holds it, and only the end of the process, or execve(2), ends it.
 */
export const STRAY = "a thread was born inside a container's network namespace";

/** A thread that was born inside a container's namespace would keep it for good (network_namespaces(7)). */
const strayThreads = (): readonly string[] => {
  const home = readlinkSync("/proc/self/ns/net");
  return readdirSync("/proc/self/task").filter((tid) => {
    try {
      return readlinkSync(`/proc/self/task/${tid}/ns/net`) !== home;
    } catch {
      return false;
    }
  });
};

const ticksPerSecond = 100;

const cpuSeconds = (): number => {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

export type KeeperOptions = {
  readonly dirs: Directories;
  /** A line for the journal. */
  readonly say: (message: string) => void;
  /**
   * Called at every heartbeat: at least so often, in milliseconds, everything is looked at, because timers stand still in
   * suspend and a watch may be deaf.
   */
  readonly onHeartbeat: () => void;
  readonly heartbeat: () => number;
};

/** Starts to keep. An error is a sentence: another keeper runs, or the run directory cannot be used. */
export const startKeeper = ({ dirs, say, onHeartbeat, heartbeat }: KeeperOptions) =>
  becomeKeeper(dirs).andThen((held) =>
    openOwnNetns()
      .mapErr(({ attempted, why }) => `could not ${attempted}: ${why}`)
      .map((home): Keeper => {
        const startedAt = Date.now() / 1000;
        const metrics = makeMetrics();
        const tell = (event: Event & { readonly message: string }): void => {
          logEvent(dirs, event);
          say(event.message);
        };
        let planned = false;
        /** Once for all changes of a turn of the event loop. */
        const replan = (): void => {
          if (planned) return;
          planned = true;
          queueMicrotask(() => {
            planned = false;
            plan();
          });
        };
        const context: KeeperContext = { dirs, home, now: bootMs, random: Math.random, metrics, replan, tell };
        const tended = new Map<string, Tended>();
        const end = Promise.withResolvers<string>();
        let timer: ReturnType<typeof setTimeout> | undefined;
        let beat = 0;
        let beats = 0;

        const letGo = (key: string): void => {
          const before = tended.get(key);
          if (before === undefined) return;
          tended.delete(key);
          drop(context, before);
        };
        const onRecord = (id: ContainerId, listed: Listed): void => {
          if (!listed.ok) {
            tell({
              event: "warning",
              container: id,
              message: `the record ${listed.path} cannot be used: ${listed.why}`,
            });
            letGo(keyOf(id, listed.ifname));
            return;
          }
          const { record } = listed;
          const key = keyOf(id, record.ifname);
          const known = tended.get(key);
          const same =
            known?.live === true &&
            known.record.pid === record.pid &&
            known.record.pidStart === record.pidStart &&
            known.record.netns === record.netns;
          // Our own writing comes back to us here.
          if (same && (record.state === "bound" || record.state === "lost")) return;
          letGo(key);
          if (!record.wanted.dhcp || (record.state !== "bound" && record.state !== "lost")) return;
          if (record.state === "bound" && record.tookMs !== null) metrics.observeBind(record.tookMs / 1000);
          tended.set(key, tend(context, record));
        };
        const watch = watchRecords(dirs, { onRecord, onGone: letGo });

        const plan = (): void => {
          clearTimeout(timer);
          let next = beat;
          for (const one of tended.values()) next = Math.min(next, wakeAt(one));
          timer = setTimeout(tick, Math.max(1, next - bootMs()));
        };
        const beatOnce = (now: number): void => {
          beat = now + heartbeat();
          const strays = strayThreads();
          if (!held.stillOurs()) end.resolve(`${dirs.runDir}/keeper.pid was removed or replaced`);
          if (strays.length > 0 || (beats > 1 && faultWished("stray"))) end.resolve(STRAY);
          beats += 1;
          watch.look();
          onHeartbeat();
          // The engine lets its heap grow as long as there is memory; a daemon that does so little should stay small.
          Bun.gc(true);
        };
        const tick = (): void => {
          const now = bootMs();
          if (now >= beat) beatOnce(now);
          for (const [key, one] of tended) {
            wake(context, one, now);
            if (!one.live) tended.delete(key);
          }
          plan();
        };
        const look = (): void => {
          watch.look();
          plan();
        };
        return {
          look,
          context,
          ended: end.promise,
          renew: async (id, ifname) => {
            look();
            const mine = [...tended.values()].filter(
              (one) => one.record.id === id && (ifname === null || one.record.ifname === ifname),
            );
            const outcomes = mine.map(async (one) => ({
              ...(await renewNow(context, one)),
              ifname: one.record.ifname,
            }));
            plan();
            return Promise.all(outcomes);
          },
          gauges: () => gaugesOf([...tended.values()], startedAt),
          stop: () => {
            clearTimeout(timer);
            watch.close();
            for (const key of [...tended.keys()]) letGo(key);
          },
        };
      }),
  );

const gaugesOf = (tended: readonly Tended[], startedAt: number): Gauges => {
  const leases = new Map([
    ["bound", 0],
    ["renewing", 0],
    ["rebinding", 0],
    ["acquiring", 0],
  ]);
  let nearest = Number.POSITIVE_INFINITY;
  for (const { state } of tended) {
    const name =
      state.name === "BOUND" || state.name === "RENEWING" || state.name === "REBINDING"
        ? state.name.toLowerCase()
        : "acquiring";
    leases.set(name, (leases.get(name) ?? 0) + 1);
    if ("held" in state) nearest = Math.min(nearest, state.held.expiresAt);
  }
  return {
    leases,
    nearestExpiry: nearest === Number.POSITIVE_INFINITY ? null : Math.max(0, (nearest - bootMs()) / 1000),
    startedAt,
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: cpuSeconds(),
    openDescriptors: readdirSync("/proc/self/fd").length - 1,
  };
};
