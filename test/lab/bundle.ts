/** OCI bundles with a busybox rootfs, registered with berth as oci-config/ says. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, randomId } from "./lab.ts";

export const repository = join(import.meta.dir, "../..");

type Json = Record<string, unknown>;

export type BundleOptions = {
  readonly id?: string;
  /** The container's command, for a shell. */
  readonly script?: string;
  readonly args?: readonly string[];
  /** Undefined: what `runc spec` says, which is "runc" and therefore nobody's choice. */
  readonly hostname?: string;
  readonly env?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Json[];
  /** "own": a new network namespace; "host": none; else the path of one to join. */
  readonly netns?: string;
  readonly hooks?: boolean;
  readonly hookEnv?: readonly string[];
  /** The executable, dist/berth unless said otherwise. */
  readonly executable?: string;
  /** berth.json's text; undefined: DHCP on br0. */
  readonly config?: string;
  /** A last change to config.json. */
  readonly edit?: (config: Json) => void;
};

export type Bundle = {
  readonly id: string;
  readonly path: string;
  readonly rootfs: string;
  readonly hookArgs: readonly string[];
};

const applets =
  "sh ip cat ls sleep httpd wget hostname nslookup ping true false echo kill test touch date arping nc cut";

const makeRootfs = (rootfs: string): void => {
  for (const directory of ["bin", "etc", "proc", "sys", "dev", "tmp", "www"])
    mkdirSync(`${rootfs}/${directory}`, { recursive: true });
  copyFileSync("/bin/busybox", `${rootfs}/bin/busybox`);
  for (const applet of applets.split(" ")) symlinkSync("busybox", `${rootfs}/bin/${applet}`);
  writeFileSync(`${rootfs}/www/index.html`, "berth\n");
};

/** Directories of a lab's berth, apart from those of the machine. */
export const berthDirs = (lab: Lab): { runDir: string; stateDir: string; configFile: string } => ({
  runDir: `${lab.directory}/run`,
  stateDir: `${lab.directory}/state`,
  configFile: `${lab.directory}/berth.json`,
});

const readJson = (path: string): Json => JSON.parse(readFileSync(path, "utf8"));

/** A test that is not about the keeper has none, unless its configuration speaks of one. */
export const withoutKeeper = (config: string): string => {
  try {
    const value: unknown = JSON.parse(config);
    const plain = typeof value === "object" && value !== null && "networks" in value && !("keeper" in value);
    return plain ? config.replace("{", '{"keeper":{"autostart":false},') : config;
  } catch {
    return config;
  }
};

/** DHCP on br0. */
export const defaultConfig = '{"networks":{"default":{"bridge":"br0"}},"keeper":{"autostart":false}}';

/** The fragment that an operator merges into config.json, with the paths of this lab. */
const hooksOf = (executable: string, hookArgs: readonly string[], env: readonly string[]): Json => {
  const { hooks } = readJson(`${repository}/oci-config/runc-hooks.json`) as { hooks: Record<string, Json[]> };
  const changed = Object.entries(hooks).map(([stage, list]) => [
    stage,
    list.map((hook) => ({
      ...hook,
      path: executable,
      args: [...(hook["args"] as string[]), ...hookArgs],
      env: [...(hook["env"] as string[]), ...env],
    })),
  ]);
  return Object.fromEntries(changed);
};

export const makeBundle = (lab: Lab, options: BundleOptions = {}): Bundle => {
  const id = options.id ?? randomId();
  const path = `${lab.directory}/bundles/${randomId()}`;
  const rootfs = `${path}/rootfs`;
  makeRootfs(rootfs);
  execFileSync("runc", ["spec"], { cwd: path });
  const { runDir, stateDir, configFile } = berthDirs(lab);
  const file = options.config === undefined ? null : `${path}/berth.json`;
  if (file !== null) writeFileSync(file, withoutKeeper(options.config ?? ""));
  else if (!existsSync(configFile)) writeFileSync(configFile, defaultConfig);
  const hookArgs = ["--config", file ?? configFile, "--run-dir", runDir, "--state-dir", stateDir];
  const config = readJson(`${path}/config.json`);
  const process = config["process"] as Json;
  process["terminal"] = false;
  process["args"] = options.args ?? ["/bin/sh", "-c", options.script ?? "sleep 1000"];
  process["env"] = [...(process["env"] as string[]), ...(options.env ?? [])];
  if (options.hostname !== undefined) config["hostname"] = options.hostname;
  if (options.annotations !== undefined) config["annotations"] = options.annotations;
  config["mounts"] = [...(config["mounts"] as Json[]), ...(options.mounts ?? [])];
  // So that a container can leave a trace of having run, which tests then look for or miss.
  config["root"] = { path: "rootfs", readonly: false };
  const linux = config["linux"] as Json;
  const others = (linux["namespaces"] as Json[]).filter(({ type }) => type !== "network");
  const netns = options.netns ?? "own";
  const network = netns === "host" ? [] : [{ type: "network", ...(netns === "own" ? {} : { path: netns }) }];
  linux["namespaces"] = [...others, ...network];
  if (options.hooks !== false)
    config["hooks"] = hooksOf(options.executable ?? `${repository}/dist/berth`, hookArgs, options.hookEnv ?? []);
  options.edit?.(config);
  writeFileSync(`${path}/config.json`, JSON.stringify(config));
  return { id, path, rootfs, hookArgs };
};
