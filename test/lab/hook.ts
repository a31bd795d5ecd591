/** The executable called as a runtime calls it, without one: a state on stdin, for a process in a namespace of its own. */
import { readFileSync, readlinkSync } from "node:fs";
import * as assert from "uvu/assert";
import { type Bundle, berthDirs, repository } from "./bundle.ts";
import type { Daemon, ExecOptions, Executed, Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import { until } from "./until.ts";

export const executable = `${repository}/dist/berth`;
export type HookName = "createRuntime" | "poststop";

/** After this a hook hangs: it is killed and the test fails. Milliseconds. */
const watchdogMs = 30_000;

const netnsOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
};

/** A process in an empty network namespace of its own: what a runtime has made when it calls createRuntime. */
export const sleeper = async (worker: Host): Promise<Daemon> => {
  const daemon = worker.daemon("unshare", ["-n", "sleep", "infinity"]);
  const own = netnsOf(worker.pid);
  const nobodys = netnsOf(process.pid);
  await until("the sleeper has a namespace of its own", () => {
    const netns = netnsOf(daemon.pid);
    const command = readFileSync(`/proc/${daemon.pid}/comm`, "utf8").trim();
    return netns !== "" && netns !== own && netns !== nobodys && command === "sleep";
  });
  return daemon;
};

export const stateOf = (
  bundle: Pick<Bundle, "id" | "path">,
  pid: number,
  changes: Readonly<Record<string, unknown>> = {},
): string =>
  JSON.stringify({ ociVersion: "1.0.2", id: bundle.id, status: "creating", pid, bundle: bundle.path, ...changes });

export const hookWords = (lab: Lab, name: HookName, bundle?: Bundle): readonly string[] => {
  const { runDir, stateDir, configFile } = berthDirs(lab);
  const own = ["--config", configFile, "--run-dir", runDir, "--state-dir", stateDir];
  return [executable, name, ...(bundle?.hookArgs ?? own)];
};

const hookEnv = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/** One hook to its end, with the environment that oci-config/ gives it. Killed by the watchdog: an exception. */
export const callHook = async (
  lab: Lab,
  name: HookName,
  input: string,
  bundle?: Bundle,
  options: ExecOptions = {},
): Promise<Executed> => {
  const [program = "", ...args] = hookWords(lab, name, bundle);
  const ran = await lab.worker.execWith(
    { input, env: hookEnv, onlyEnv: true, timeoutMs: watchdogMs, ...options },
    program,
    ...args,
  );
  if (ran.stderr.startsWith("timed out")) throw new Error(`${name} hangs: killed after ${watchdogMs} ms`);
  return ran;
};

/** Exactly one line of printable ASCII, which begins with our name. */
export const assertOneLine = (ran: Executed, about: string): void => {
  assert.is(ran.stdout, "", `${about}: stdout`);
  assert.ok(/^berth: [\x20-\x7e]+$/.test(ran.stderr), `${about}: not one line: ${JSON.stringify(ran.stderr)}`);
  assert.not.match(ran.stderr, "internal error");
};

/** A hook that failed as it should: exit code 1 and one line. */
export const assertRefused = (ran: Executed, about: string, says?: RegExp): void => {
  assert.is(ran.code, 1, `${about}: ${ran.stderr}`);
  assertOneLine(ran, about);
  if (says !== undefined) assert.match(ran.stderr, says);
};

/** Pids of this lab's hooks that are running. */
export const runningHooks = async (lab: Lab, name: HookName = "createRuntime"): Promise<readonly number[]> => {
  const listed = await lab.worker.exec("pgrep", "-f", `^[^ ]*berth ${name} .*${lab.directory}/`);
  return listed.stdout
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0);
};
