/**
 * Runs one program of the host and waits for it, or for what it does: the only place of the hook path that starts a process.
 *
 * An absolute path, an environment of our own and a limit after which the child is killed with SIGKILL: a child that
 * ignores SIGTERM would otherwise come back as a success.
 */
import { existsSync } from "node:fs";

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

const directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];
const found = new Map<string, string>();

/** Absolute path of a system program, from fixed directories and never from $PATH. */
export const programPath = (name: string): string | undefined => {
  const known = found.get(name);
  if (known !== undefined) return known;
  const path = directories.map((directory) => `${directory}/${name}`).find((candidate) => existsSync(candidate));
  if (path !== undefined) found.set(name, path);
  return path;
};

const environment = { PATH: directories.join(":"), LC_ALL: "C" };

/** Runs `program` with `args`; `input` is its standard input. A program that is missing or is killed gives code 127 or 124. */
export const run = (program: string, args: readonly string[], input = "", limitMs = 5000): Ran => {
  const path = programPath(program);
  if (path === undefined) return { code: 127, stdout: "", stderr: `${program} is not installed` };
  const child = Bun.spawnSync([path, ...args], {
    stdin: new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "pipe",
    env: environment,
    cwd: "/",
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  const stdout = child.stdout.toString();
  const stderr = child.stderr.toString();
  if (child.exitedDueToTimeout) return { code: 124, stdout, stderr: `${program} did not end within ${limitMs} ms` };
  return { code: child.exitCode ?? 128, stdout, stderr };
};

/** How often it is looked whether a program has done its work, in milliseconds: at first, and later. */
const quickMs = 0.1;
const quickLooks = 50;
const lookMs = 1;
const longestMs = 5000;

/**
 * Starts `program` and waits until `done()` says that its work is done, or until it ends, whichever is first: for one that lingers
 * after its work. It goes on by itself then, with nothing of ours but its place in the process table. Nothing is said of a failure.
 */
export const runUntil = async (program: string, args: readonly string[], done: () => boolean): Promise<void> => {
  const path = programPath(program);
  if (path === undefined) return;
  const child = Bun.spawn([path, ...args], { stdio: ["ignore", "ignore", "ignore"], env: environment, cwd: "/" });
  child.unref();
  const deadline = performance.now() + longestMs;
  for (let look = 0; child.exitCode === null && child.signalCode === null && !done(); look += 1) {
    if (performance.now() >= deadline) return child.kill("SIGKILL");
    // At first it is a matter of few milliseconds, in which nothing else has to happen here.
    if (look < quickLooks) Bun.sleepSync(quickMs);
    else await Bun.sleep(lookMs);
  }
};
