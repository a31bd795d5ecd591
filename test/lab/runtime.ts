/** runc and crun on a worker of the lab, each with a state directory of its own. */
import { readFileSync } from "node:fs";
import type { Bundle } from "./bundle.ts";
import type { ExecOptions, Executed, Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import { until } from "./until.ts";

export type RuntimeName = "runc" | "crun";

export type Runtime = {
  readonly name: RuntimeName;
  /** Runs a container to its end; its output is the container's. The runtime deletes it afterwards. */
  readonly run: (bundle: Bundle, options?: ExecOptions) => Promise<Executed>;
  /** Creates and starts a container in the background; its output is thrown away. */
  readonly start: (bundle: Bundle, options?: ExecOptions) => Promise<Executed>;
  readonly kill: (bundle: Bundle, signal: string) => Promise<Executed>;
  readonly delete: (bundle: Bundle) => Promise<Executed>;
  /** Kills and deletes; waits until the process is gone. */
  readonly stop: (bundle: Bundle) => Promise<Executed>;
  /** The container's pid. */
  readonly pid: (bundle: Bundle) => Promise<number>;
  /** Runs a program in the container's network namespace with the host's tools. */
  readonly inNetns: (bundle: Bundle, program: string, ...args: readonly string[]) => Promise<Executed>;
};

const isGone = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return true;
  }
};

export const makeRuntime = (lab: Lab, name: RuntimeName, worker: Host = lab.worker): Runtime => {
  const root = ["--root", `${lab.directory}/${name}-${worker.name}`];
  const call = (...args: readonly string[]) => worker.exec(name, ...root, ...args);
  const pid = async (bundle: Bundle): Promise<number> => {
    const state = await call("state", bundle.id);
    return Number(JSON.parse(state.stdout).pid);
  };
  lab.onDestroy(async () => {
    const { stdout } = await call("list", "-q");
    for (const id of stdout.split("\n").filter((name) => name !== "")) await call("delete", "--force", id);
  });
  const quiet = 'exec "$@" >"$0" 2>&1 </dev/null';
  return {
    name,
    run: (bundle, options = {}) => worker.execWith(options, name, ...root, "run", "--bundle", bundle.path, bundle.id),
    start: async (bundle, options = {}) => {
      // A detached container keeps the runtime's stdout open, so it gets a file instead of our pipe.
      const output = `${bundle.path}/output`;
      const words = [name, ...root, "run", "--detach", "--bundle", bundle.path, bundle.id];
      const started = await worker.execWith(options, "sh", "-c", quiet, output, ...words);
      return { ...started, stderr: readFileSync(output, "utf8") };
    },
    kill: (bundle, signal) => call("kill", bundle.id, signal),
    delete: (bundle) => call("delete", "--force", bundle.id),
    stop: async (bundle) => {
      const process = await pid(bundle);
      await call("kill", bundle.id, "KILL");
      await until(`the process ${process} of ${bundle.id} is gone`, () => isGone(process));
      return call("delete", bundle.id);
    },
    pid,
    inNetns: async (bundle, program, ...args) => {
      const target = String(await pid(bundle));
      return worker.exec("nsenter", "-t", target, "-n", "--", program, ...args);
    },
  };
};
