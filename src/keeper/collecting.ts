/**
 * The keeper's rounds of garbage collection, in a process of their own: a release waits inside a temporary namespace,
 * which the keeper's thread, with a thousand leases to look after, must never do.
 */
import { reportSchema } from "../gc/command.ts";
import type { Event } from "../log/events.ts";
import type { KeeperContext } from "./context.ts";

/** A round that takes longer than this is ended, in milliseconds: every record stays, and there is a next round. */
const LONGEST = 300_000;

export type Collector = {
  /** Starts a round, unless one is under way. Its end is awaited by whoever wants to. */
  readonly round: () => Promise<void>;
  readonly stop: () => void;
};

const parseReport = (text: string) => {
  try {
    const parsed = reportSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};

/** `words`: the options that make `berth gc` use the same files. */
export const makeCollector = (ctx: KeeperContext, words: readonly string[]): Collector => {
  let running: Promise<void> | null = null;
  let child: ReturnType<typeof Bun.spawn> | null = null;
  /** What was said in the last round is not said again while it stays as it is. */
  let said = new Set<string>();

  const take = (text: string): void => {
    const rows = parseReport(text);
    if (rows === null) {
      ctx.tell({ event: "warning", message: "garbage collection: its report makes no sense" });
      return;
    }
    const now = new Set<string>();
    for (const { kind, outcome, event, message, container, ifname } of rows) {
      now.add(message);
      if (outcome !== "done" && said.has(message)) continue;
      ctx.metrics.count("berth_garbage_total", kind);
      if (event === "repaired") ctx.metrics.count("berth_repairs_total");
      const where: Partial<Event> = {
        ...(container === undefined ? {} : { container }),
        ...(ifname === undefined ? {} : { ifname }),
      };
      ctx.tell({ event, ...where, message });
    }
    said = now;
  };

  const collect = async (): Promise<void> => {
    const spawned = Bun.spawn([process.execPath, "gc", "--json", "--unlogged", ...words], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      timeout: LONGEST,
      killSignal: "SIGKILL",
    });
    child = spawned;
    const [out, complaint, code] = await Promise.all([
      new Response(spawned.stdout).text(),
      new Response(spawned.stderr).text(),
      spawned.exited,
    ]);
    child = null;
    if (out !== "") take(out);
    else
      ctx.tell({
        event: "warning",
        message: `garbage collection failed (${code}): ${complaint.trim().replace(/^berth: /, "")}`,
      });
  };

  return {
    round: () => {
      running ??= collect()
        .catch((thrown: unknown) => ctx.tell({ event: "warning", message: `garbage collection: ${String(thrown)}` }))
        .finally(() => {
          running = null;
        });
      return running;
    },
    stop: () => child?.kill("SIGTERM"),
  };
};
