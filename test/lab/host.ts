/**
 * A host of the lab: a network namespace (and a mount namespace with a /sys of its own) kept by one process that dies
 * with us. Nothing has a name outside, so whatever happens nothing is left.
 */
import { spawn } from "node:child_process";
import { execa } from "execa";
import { until } from "./until.ts";

export type ExecOptions = {
  readonly input?: string;
  readonly env?: Record<string, string>;
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Replace the environment instead of adding to it. */
  readonly onlyEnv?: boolean;
};

export type Executed = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type Host = {
  readonly name: string;
  /** Its keeper's pid: /proc/PID/ns/net is its network namespace. */
  readonly pid: number;
  /** Runs a program to its end; a failure is a value. */
  readonly exec: (program: string, ...args: readonly string[]) => Promise<Executed>;
  readonly execWith: (options: ExecOptions, program: string, ...args: readonly string[]) => Promise<Executed>;
  /** Runs a program that must succeed; returns its output without the last newline. */
  readonly must: (program: string, ...args: readonly string[]) => Promise<string>;
  /** The words to put before a command to run it here. */
  readonly prefix: readonly string[];
  /** Starts a daemon that dies with us. */
  readonly daemon: (program: string, args: readonly string[], options?: DaemonOptions) => Daemon;
  /** Waits for the programs that run here to end, at most 15 s. */
  readonly settle: () => Promise<void>;
  readonly destroy: () => Promise<void>;
};

export type DaemonOptions = {
  readonly env?: Record<string, string>;
  readonly onOutput?: (text: string) => void;
};

export type Daemon = {
  readonly pid: number;
  readonly output: () => string;
  readonly exited: () => boolean;
  /** SIGTERM (or another) and the wait for its end. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
};

const dieWithUs = ["setpriv", "--pdeathsig", "KILL", "--"] as const;

export const startDaemon = (words: readonly string[], options: DaemonOptions = {}): Daemon => {
  const [program = "true", ...args] = [...dieWithUs, ...words];
  // In a process group of its own: Ctrl-C at a terminal is for us, who take the lab down in order.
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    detached: true,
  });
  let output = "";
  let ended = false;
  const take = (piece: unknown) => {
    output += String(piece);
    options.onOutput?.(String(piece));
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const end = new Promise<void>((resolve) => {
    child.on("exit", () => {
      ended = true;
      resolve();
    });
    child.on("error", (error) => {
      output += String(error);
      ended = true;
      resolve();
    });
  });
  return {
    pid: child.pid ?? -1,
    output: () => output,
    exited: () => ended,
    stop: async (signal = "SIGTERM") => {
      if (!ended) child.kill(signal);
      const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
      await end;
      clearTimeout(hard);
    },
  };
};

/**
 * /sys must show this namespace's interfaces, and runtimes need the cgroups that lie below the old /sys. A hybrid
 * hierarchy's unified part is hidden, because crun 1.8.1 refuses it. Other namespaces' names are let go of, so that this
 * mount namespace does not keep them alive.
 */
const setUp = `
  umount -R -l /run/netns 2>/dev/null
  mkdir -p "$1" && mount --rbind /sys/fs/cgroup "$1" && mount -t sysfs sysfs /sys && mount --rbind "$1" /sys/fs/cgroup || exit 1
  umount -l "$1"
  ! mountpoint -q /sys/fs/cgroup/unified || umount -l /sys/fs/cgroup/unified
  ip link set lo up && echo ready && exec sleep infinity`;

/** `shielded`: its programs run in process groups of their own, so that a terminal's Ctrl-C does not reach them. */
export const makeHost = async (name: string, directory: string, shielded = false): Promise<Host> => {
  const words = [
    "unshare",
    "-n",
    "-m",
    "--propagation",
    "private",
    "sh",
    "-c",
    setUp,
    "sh",
    `${directory}/cgroup-${name}`,
  ];
  const keeper = startDaemon(words);
  await until(`the namespace ${name}`, () => {
    if (keeper.exited()) throw new Error(`the namespace ${name} could not be made: ${keeper.output()}`);
    return keeper.output().includes("ready");
  });
  const prefix = ["nsenter", "-t", String(keeper.pid), "-m", "-n", "--"];
  const busy = new Set<Promise<unknown>>();
  let closed = false;
  const execWith = async (options: ExecOptions, program: string, ...args: readonly string[]): Promise<Executed> => {
    const inside = options.cwd === undefined ? prefix : [...prefix.slice(0, -1), `--wd=${options.cwd}`, "--"];
    const [first = "", ...rest] = [...inside, program, ...args];
    if (closed) throw new Error(`${name} is being taken down: ${program} is not run any more`);
    const running = execa(first, rest, {
      reject: false,
      timeout: options.timeoutMs ?? 60_000,
      killSignal: "SIGKILL",
      detached: shielded,
      extendEnv: !(options.onlyEnv ?? false),
      ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    busy.add(running);
    const result = await running.finally(() => busy.delete(running));
    const code = result.exitCode ?? 128;
    const end = result.timedOut ? "timed out: " : result.signal === undefined ? "" : `ended by ${result.signal}: `;
    return { code, stdout: result.stdout, stderr: `${end}${result.stderr}` };
  };
  const exec = (program: string, ...args: readonly string[]) => execWith({}, program, ...args);
  return {
    name,
    pid: keeper.pid,
    prefix,
    exec,
    execWith,
    must: async (program, ...args) => {
      const { code, stdout, stderr } = await exec(program, ...args);
      if (code !== 0) throw new Error(`${name}: ${program} ${args.join(" ")}: exit code ${code}: ${stderr}${stdout}`);
      return stdout;
    },
    daemon: (program, args, options) => startDaemon([...prefix, program, ...args], options),
    settle: async () => {
      const limit = Promise.withResolvers<void>();
      const timer = setTimeout(limit.resolve, 15_000);
      await Promise.race([Promise.allSettled([...busy]), limit.promise]);
      clearTimeout(timer);
    },
    destroy: () => {
      closed = true;
      return keeper.stop("SIGKILL");
    },
  };
};
