/**
 * Runs inside the worker's namespaces, so that every candidate is started in the same way: one spawn, timed from outside.
 * Candidates take turns, so that a machine that slows down slows them all. Reads its task (JSON) from argv, prints the
 * samples as JSON.
 */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
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
  /** Names of the candidates, in the order of their turns. */
  readonly candidates: readonly string[];
};

export type Sample = {
  readonly name: string;
  readonly startMs: number;
  readonly stopMs: number;
  /** Peak resident memory of the started program, bytes. */
  readonly startBytes: number;
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
  return { ms, bytes: ran.resourceUsage?.maxRSS ?? 0, failed: ran.exitCode === 0 ? null : text, printed: text };
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
// The first round warms the page cache and is not counted.
for (let round = -1; round < task.rounds; round += 1) {
  for (const name of task.candidates) {
    const candidate = all.find((one) => one.name === name);
    if (candidate === undefined) throw new Error(`no candidate ${name}`);
    const { pid, end } = await container();
    serial += 1;
    const start = timed(candidate.start({ pid, serial }));
    const stop = timed(candidate.stop({ pid, serial }));
    await end();
    const failed = start.failed ?? stop.failed;
    if (round >= 0)
      samples.push({
        name,
        startMs: start.ms,
        stopMs: stop.ms,
        startBytes: start.bytes,
        failed,
        printed: start.printed,
      });
  }
}
process.stdout.write(JSON.stringify(samples));
