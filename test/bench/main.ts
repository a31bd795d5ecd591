/** `npm run bench`: medians and 95th percentiles from one run, ratios, and what the goals say. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { repository } from "../lab/bundle.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { until } from "../lab/until.ts";
import { type DockerTimes, measureDocker } from "./docker.ts";
import { type KeeperFigures, measureKeeper } from "./keeper.ts";
import type { Sample, Task } from "./measure.ts";

const print = (text = "") => process.stdout.write(`${text}\n`);

const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
const median = (values: readonly number[]): number => quantile(values, 0.5);

type Row = {
  name: string;
  n: number;
  failed: number;
  start: number;
  start95: number;
  stop: number;
  stop95: number;
};

const rowsOf = (samples: readonly Sample[]): readonly Row[] =>
  [...new Set(samples.map(({ name }) => name))].map((name) => {
    const mine = samples.filter((sample) => sample.name === name);
    const starts = mine.map(({ startMs }) => startMs);
    const stops = mine.map(({ stopMs }) => stopMs);
    return {
      name,
      n: mine.length,
      failed: mine.filter(({ failed }) => failed !== null).length,
      start: median(starts),
      start95: quantile(starts, 0.95),
      stop: median(stops),
      stop95: quantile(stops, 0.95),
    };
  });

const ms = (value: number): string => value.toFixed(1).padStart(9);

const table = (title: string, rows: readonly Row[]): void => {
  print(`\n${title}`);
  print(
    `${"".padEnd(18)}${"n".padStart(4)}${"start".padStart(9)}${"p95".padStart(9)}${"stop".padStart(9)}${"p95".padStart(9)}  failed`,
  );
  for (const { name, n, failed, start, start95, stop, stop95 } of rows)
    print(`${name.padEnd(18)}${String(n).padStart(4)}${ms(start)}${ms(start95)}${ms(stop)}${ms(stop95)}  ${failed}`);
};

const measure = async (lab: Lab, task: Task): Promise<readonly Sample[]> => {
  const ran = await lab.worker.execWith(
    { timeoutMs: 300_000 },
    process.execPath,
    `${import.meta.dir}/measure.ts`,
    JSON.stringify(task),
  );
  if (ran.code !== 0) throw new Error(ran.stderr);
  const samples: readonly Sample[] = JSON.parse(ran.stdout);
  for (const name of new Set(samples.map((sample) => sample.name))) {
    const failed = samples.find((sample) => sample.name === name && sample.failed !== null);
    if (failed !== undefined) print(`  (${name} failed at times: ${failed.failed?.slice(0, 160)})`);
  }
  return samples;
};

const goal = (text: string, value: number, bound: number, atMost: boolean): void => {
  const met = atMost ? value <= bound : value >= bound;
  const missed = met ? "met" : `MISSED by ${(Math.abs(value / bound - 1) * 100).toFixed(0)} %`;
  print(`  ${text}: ${value.toFixed(2)} (goal: ${atMost ? "at most" : "at least"} ${bound}): ${missed}`);
};

const withBench = async <T>(
  pingCheck: boolean,
  work: (lab: Lab, base: Pick<Task, "places" | "cniSocket">) => Promise<T>,
): Promise<T> => {
  const lab = await makeLab({ server: "dnsmasq", pingCheck });
  const runDir = mkdtempSync("/run/berth-bench-");
  try {
    const cniSocket = `${lab.directory}/cni.sock`;
    const daemon = lab.worker.daemon("/usr/lib/cni/dhcp", ["daemon", "-socketpath", cniSocket]);
    await until("CNI's dhcp daemon", async () => (await lab.worker.exec("test", "-S", cniSocket)).code === 0);
    lab.onDestroy(() => daemon.stop());
    const places = { directory: lab.directory, runDir, executable: `${repository}/dist/berth` };
    return await work(lab, { places, cniSocket });
  } finally {
    await lab.destroy();
    rmSync(runDir, { recursive: true, force: true });
  }
};

const profileOf = (samples: readonly Sample[]): string => {
  const steps = new Map<string, number[]>();
  for (const { printed } of samples)
    for (const [, step = "", value] of printed.matchAll(/(\w+)=([\d.]+)/g))
      steps.set(step, [...(steps.get(step) ?? []), Number(value)]);
  return [...steps].map(([step, values]) => `${step} ${median(values).toFixed(1)}`).join(", ");
};

const reportDocker = (times: DockerTimes): void => {
  const of = (name: keyof DockerTimes): number => median(times[name]);
  print("\ndocker run --rm ... true, medians, and a call of the runtime alone ('state')");
  for (const name of ["none", "berth", "bridge", "runc", "shim"] as const) print(`${name.padEnd(18)}${ms(of(name))}`);
  goal("docker run with berth against --net none", of("berth") / of("none"), 1.15, true);
  goal("docker run with berth against --net bridge", of("berth") / of("bridge"), 1, true);
  goal("the shim's cost of a call that is not create, ms", of("shim") - of("runc"), 2, true);
};

const reportKeeper = (figures: KeeperFigures): void => {
  const { attachments, seconds, renewals, late, lost, cpu, rssMib, pssMib, clients } = figures;
  print(
    `\nOne keeper, ${attachments} attachments, ${renewals} renewals in ${seconds.toFixed(0)} s; ${lost} leases lost`,
  );
  goal("renewals more than a second late", late, 0, true);
  goal("share of one core", cpu, 0.25, true);
  goal("resident memory, MiB", rssMib, 64, true);
  const each = (kib: number): string => `${kib.toFixed(0)} KiB`;
  print(`  a lease: RSS ${each((rssMib * 1024) / attachments)}, PSS ${each((pssMib * 1024) / attachments)}`);
  for (const [name, { rss, pss }] of Object.entries(clients))
    print(`  a lease with ${name}, one process each (median of 100): RSS ${each(rss)}, PSS ${each(pss)}`);
};

const main = async (args: readonly string[]): Promise<void> => {
  const jsonFile = args[0] === "--json" ? args[1] : undefined;
  print("Times in milliseconds, of a whole process; start: createRuntime or its like, stop: poststop or its like.");
  const first = await withBench(false, async (lab, base) => {
    const rounds = await measure(lab, {
      ...base,
      rounds: 25,
      warmUp: 1,
      memory: false,
      candidates: ["berth", "berth, returning", "floor", "udhcpc by hand", "CNI bridge+dhcp"],
    });
    const alone = { ...base, rounds: 20, warmUp: 1 };
    const traced = await measure(lab, { ...alone, memory: false, candidates: ["berth, traced"] });
    const memory = await measure(lab, { ...alone, memory: true, candidates: ["berth"] });
    return { rounds, traced, memory };
  });
  const rows = rowsOf(first.rounds);
  table("DHCP server without ping check (dnsmasq --no-ping)", rows);
  const of = (name: string): Row => {
    const row = rows.find((one) => one.name === name);
    if (row === undefined) throw new Error(`no row ${name}`);
    return row;
  };
  print("\nGoals");
  goal("createRuntime against the floor", of("berth").start / of("floor").start, 2.2, true);
  goal("udhcpc by hand against createRuntime", of("udhcpc by hand").start / of("berth").start, 5, false);
  goal("CNI against createRuntime", of("CNI bridge+dhcp").start / of("berth").start, 40, false);
  const mostMib = (values: readonly number[]): number => Math.max(...values) / 1024;
  goal("peak memory of a hook, MiB", mostMib(first.memory.map(({ peakKib }) => peakKib)), 60, true);
  print(`  its proportional share (PSS): ${mostMib(first.memory.map(({ pssKib }) => pssKib)).toFixed(1)} MiB at most`);
  print(`\nProfile of createRuntime (BERTH_TRACE=1), medians: ${profileOf(first.traced)}`);
  const second = await withBench(true, async (lab, base) => {
    const candidates = ["berth", "berth, returning", "udhcpc by hand", "CNI bridge+dhcp"];
    const round = { ...base, memory: false, candidates };
    await lab.server.start({ pingCheck: false });
    await measure(lab, { ...round, rounds: 0, warmUp: 1 });
    const samples: Sample[] = [];
    for (let index = 0; index < 5; index += 1) {
      // dnsmasq stops to ping after six in half a minute; started anew, with its leases, it pings again.
      await lab.server.start({ pingCheck: true });
      samples.push(...(await measure(lab, { ...round, rounds: 1, warmUp: 0 })));
    }
    return samples;
  });
  const pinged = rowsOf(second);
  table("dnsmasq's default ping check; five rounds, as most take seconds", pinged);
  const docker = await measureDocker(15);
  reportDocker(docker);
  const keeper = await measureKeeper(1000, 60);
  reportKeeper(keeper);
  if (jsonFile !== undefined)
    writeFileSync(jsonFile, `${JSON.stringify({ withoutPing: rows, withPing: pinged, docker, keeper }, null, 2)}\n`);
};

await main(process.argv.slice(2));
