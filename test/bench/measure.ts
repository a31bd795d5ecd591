/**
 * Runs inside the worker's namespaces, so that every candidate is started in the same way: one spawn, timed from outside.
 * Candidates take turns, so that a machine that slows down slows them all. Reads its task (JSON) from argv, prints the
 * samples as JSON.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import {
  berthFresh,
  berthReturning,
  berthTraced,
  type Candidate,
  type Command,
  cni,
  floor,
  type Places,
  udhcpcByHand,
} from "./candidates.ts";

export type Task = {
  readonly places: Places;
  readonly cniSocket: string;
  readonly rounds: number;
  /** Rounds before those that count; they warm the page cache. */
  readonly warmUp: number;
  /** Watch how much memory the started programs take, which disturbs their times. */
  readonly memory: boolean;
  /** Names of the candidates, in the order of their turns. */
  readonly candidates: readonly string[];
};

export type Sample = {
  readonly name: string;
  readonly startMs: number;
  readonly stopMs: number;
  /** Peak resident memory and greatest proportional share of the two programs, KiB; 0 where it was not watched. */
  readonly peakKib: number;
  readonly pssKib: number;
  readonly failed: string | null;
  /** What it printed on stderr at the start. */
  readonly printed: string;
};

const timed = ({ words, input = "", env = {} }: Command) => {
  const before = performance.now();
  const ran = Bun.spawnSync([...words], {
    stdin: new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "pipe",
    env,
    cwd: "/",
  });
  const ms = performance.now() - before;
  const text = `${ran.stderr.toString()}${ran.exitCode === 0 ? "" : ran.stdout.toString()}`.trim();
  return { ms, peakKib: 0, pssKib: 0, failed: ran.exitCode === 0 ? null : text, printed: text };
};

const kib = (text: string, key: string): number =>
  Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);

/**
 * Looks at the program's own /proc for as long as it runs. getrusage(2)'s ru_maxrss would not do: a process begins with
 * that of whoever spawned it, and this one is larger than what it measures.
 */
const watched = async ({ words, input = "", env = {} }: Command, directory: string) => {
  const [program = ""] = words;
  const file = `${directory}/watched-input`;
  writeFileSync(file, input);
  const before = performance.now();
  const child = Bun.spawn([...words], { stdin: Bun.file(file), stdout: "ignore", stderr: "ignore", env, cwd: "/" });
  let [peakKib, pssKib] = [0, 0];
  try {
    for (let look = 0; ; look += 1) {
      const status = readFileSync(`/proc/${child.pid}/status`, "latin1");
      // Between fork and exec the memory is still ours.
      if (readlinkSync(`/proc/${child.pid}/exe`) !== program) continue;
      peakKib = Math.max(peakKib, kib(status, "VmHWM"));
      if (look % 8 === 0)
        pssKib = Math.max(pssKib, kib(readFileSync(`/proc/${child.pid}/smaps_rollup`, "latin1"), "Pss"));
    }
  } catch {
    // It has ended: a process without memory has no exe.
  }
  const exitCode = await child.exited;
  const ms = performance.now() - before;
  return { ms, peakKib, pssKib, failed: exitCode === 0 ? null : `exit code ${exitCode}`, printed: "" };
};

/** A process in an empty network namespace, as a runtime leaves it to its hooks. */
const container = async (): Promise<{ pid: number; end: () => Promise<void> }> => {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", "-n", "sh", "-c", "echo; exec sleep infinity"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid ?? 0,
    end: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
};

const task: Task = JSON.parse(process.argv[2] ?? "{}");
const all: readonly Candidate[] = [
  berthFresh(task.places),
  berthReturning(task.places),
  berthTraced(task.places),
  floor(task.places),
  udhcpcByHand(task.places),
  cni(task.cniSocket),
];
mkdirSync(`${task.places.directory}/bundle/rootfs`, { recursive: true });
const samples: Sample[] = [];
let serial = 0;
const run = (command: Command) =>
  task.memory ? watched(command, task.places.directory) : Promise.resolve(timed(command));
const shuffled = <T>(list: readonly T[]): readonly T[] =>
  list
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
for (let round = -task.warmUp; round < task.rounds; round += 1) {
  // In a new order each time: who follows one that waits for seconds finds colder caches.
  for (const name of shuffled(task.candidates)) {
    const candidate = all.find((one) => one.name === name);
    if (candidate === undefined) throw new Error(`no candidate ${name}`);
    const { pid, end } = await container();
    serial += 1;
    const start = await run(candidate.start({ pid, serial }));
    const stop = await run(candidate.stop({ pid, serial }));
    await end();
    if (round < 0) continue;
    samples.push({
      name,
      startMs: start.ms,
      stopMs: stop.ms,
      peakKib: Math.max(start.peakKib, stop.peakKib),
      pssKib: Math.max(start.pssKib, stop.pssKib),
      failed: start.failed ?? stop.failed,
      printed: start.printed,
    });
  }
}
process.stdout.write(JSON.stringify(samples));
