/**
 * Runs one program of the host and waits for it: the only place of the hook path that starts a process.
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
