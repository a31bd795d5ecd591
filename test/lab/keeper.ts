/** The keeper on a worker of the lab. */
import { writeFileSync } from "node:fs";
import { type BundleOptions, berthDirs, makeBundle, repository } from "./bundle.ts";
import type { Daemon, Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import { makeRuntime, type RuntimeName } from "./runtime.ts";
import { until } from "./until.ts";

export type KeeperOptions = {
  /** Sections of berth.json beside the network on br0. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** dist/berth unless said otherwise. */
  readonly executable?: string;
  readonly fault?: string;
  readonly worker?: Host;
};

export const keeperWords = (lab: Lab): readonly string[] => {
  const { runDir, stateDir, configFile } = berthDirs(lab);
  return ["--config", configFile, "--run-dir", runDir, "--state-dir", stateDir];
};

/** Starts a keeper; does not wait for it. */
export const launchKeeper = (lab: Lab, options: KeeperOptions = {}): Daemon => {
  const network = { networks: { default: { bridge: "br0" } }, keeper: { autostart: false } };
  writeFileSync(berthDirs(lab).configFile, JSON.stringify({ ...network, ...options.config }));
  const program = options.executable ?? `${repository}/dist/berth${options.fault === undefined ? "" : "-test"}`;
  const env = options.fault === undefined ? {} : { BERTH_FAULT: options.fault };
  return (options.worker ?? lab.worker).daemon(program, ["keeper", ...keeperWords(lab)], { env });
};

/** A keeper that keeps. */
export const startKeeper = async (lab: Lab, options: KeeperOptions = {}): Promise<Daemon> => {
  const keeper = launchKeeper(lab, options);
  lab.onDestroy(() => keeper.stop());
  await until("the keeper keeps", () => {
    if (keeper.exited()) throw new Error(`the keeper ended: ${keeper.output()}`);
    return keeper.output().includes("keeping leases");
  });
  return keeper;
};

/** One of berth's commands on the worker. */
export const berth = (lab: Lab, ...words: readonly string[]) =>
  lab.worker.exec(`${repository}/dist/berth`, ...words, ...keeperWords(lab));

/** A container that runs, and ways to look at it. */
export const runContainer = async (lab: Lab, options: BundleOptions = {}, name: RuntimeName = "runc") => {
  const runtime = makeRuntime(lab, name);
  const bundle = makeBundle(lab, options);
  const started = await runtime.start(bundle);
  if (started.code !== 0) throw new Error(`${bundle.id} did not start: ${started.stderr}`);
  const pid = await runtime.pid(bundle);
  const inside = (program: string, ...args: readonly string[]) =>
    lab.worker.must("nsenter", "-t", String(pid), "-n", "--", program, ...args);
  const addresses = async (): Promise<readonly string[]> =>
    (await inside("ip", "-4", "-o", "address", "show", "dev", "eth0")).match(/(?<=inet )[\d./]+/g) ?? [];
  return { runtime, bundle, pid, inside, addresses, stop: () => runtime.stop(bundle) };
};
