/** `berth keeper`: the daemon in the foreground, as a service manager wants it. */
import { once } from "node:events";
import { settingsWords } from "../cli/arguments.ts";
import type { Call } from "../cli/operator/command.ts";
import { say } from "../cli/say.ts";
import { defaultConfig, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { errnoText } from "../host/errno.ts";
import { replaceProcess } from "../host/libc.ts";
import { logEvent } from "../log/events.ts";
import { type Collector, makeCollector } from "./collecting.ts";
import { closeInherited } from "./inherited.ts";
import { type Keeper, STRAY, startKeeper } from "./keeper.ts";
import { type Door, openDoor, openMetricsPort } from "./server.ts";

/** What depends on the configuration, which SIGHUP reads again. */
const configure = (keeper: Keeper, config: Config, before: Door | null): Door | null => {
  before?.close();
  const { listen } = config.metrics;
  if (listen === undefined) return null;
  return openMetricsPort(keeper, listen).match<Door | null>(
    (door) => door,
    (why) => {
      keeper.context.tell({ event: "warning", message: why });
      return null;
    },
  );
};

/** Until a signal says to stop, or the keeper itself. Returns why. */
const untilStopped = (keeper: Keeper): Promise<string> => {
  const signals = ["SIGTERM", "SIGINT"] as const;
  return Promise.race([keeper.ended, ...signals.map((name) => once(process, name).then(() => name))]);
};

const ownEnvironment = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

export const runKeeper = async (call: Call): Promise<number> => {
  closeInherited();
  const { dirs, configFile } = call.settings;
  const first = loadConfig(configFile);
  // A mistake in the file must not cost anybody a lease.
  if (first.isErr()) say(`keeper: ${first.error.message}; going on with the defaults`);
  let config = first.unwrapOr(defaultConfig());
  let collector: Collector | undefined;
  let nextRound = 0;
  const started = startKeeper({
    dirs,
    say: (message) => say(`keeper: ${message}`),
    heartbeat: () => Math.min(10, config.gc.every) * 1000,
    onHeartbeat: () => {
      const now = performance.now();
      if (now < nextRound) return;
      nextRound = now + config.gc.every * 1000 - 1;
      void collector?.round();
    },
  });
  if (started.isErr()) {
    say(`keeper: ${started.error}`);
    return 1;
  }
  const keeper = started.value;
  collector = makeCollector(keeper.context, settingsWords(call.settings));
  const door = openDoor(keeper, dirs);
  if (door.isErr()) keeper.context.tell({ event: "warning", message: door.error });
  let metricsPort = configure(keeper, config, null);
  process.on("SIGHUP", () => {
    const next = loadConfig(configFile);
    if (next.isErr()) {
      keeper.context.tell({ event: "warning", message: `the configuration stays as it was: ${next.error.message}` });
      return;
    }
    config = next.value;
    metricsPort = configure(keeper, next.value, metricsPort);
    keeper.context.tell({ event: "keeper-started", message: "the configuration was read again" });
  });
  logEvent(dirs, { event: "keeper-started", message: `pid ${process.pid}` });
  say(`keeper: keeping leases of ${dirs.runDir} (pid ${process.pid})`);
  keeper.look();
  const why = await untilStopped(keeper);
  collector.stop();
  keeper.stop();
  metricsPort?.close();
  if (door.isOk()) door.value.close();
  logEvent(dirs, { event: "keeper-stopped", message: why });
  if (why === STRAY) {
    say(`keeper: ${why}: beginning anew`);
    const errno = replaceProcess("/proc/self/exe", [process.execPath, ...process.argv.slice(2)], ownEnvironment());
    say(`keeper: that failed: ${errnoText(errno)}`);
    return 70;
  }
  say(`keeper: stopped (${why}); no lease was released`);
  return 0;
};
