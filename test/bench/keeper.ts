/**
 * One keeper with a thousand attachments, renewing thirty of them a second, beside a hundred processes each of two DHCP clients.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { berthDirs, makeBundle, repository } from "../lab/bundle.ts";
import { keeperWords, startKeeper } from "../lab/keeper.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { ports } from "../lab/look.ts";
import { until } from "../lab/until.ts";

export type KeeperFigures = {
  readonly attachments: number;
  readonly seconds: number;
  readonly renewals: number;
  /** Renewals begun more than a second after their moment. */
  readonly late: number;
  readonly lost: number;
  /** Shares of one core: the keeper alone, and with the programs that it starts. */
  readonly cpu: number;
  readonly cpuWithChildren: number;
  readonly rssMib: number;
  readonly pssMib: number;
  readonly descriptors: number;
  /** KiB a process, medians. */
  readonly clients: Readonly<Record<"udhcpc" | "dhclient", { readonly rss: number; readonly pss: number }>>;
};

const ticks = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [own, children] = [(fields[11] ?? 0) + (fields[12] ?? 0), (fields[13] ?? 0) + (fields[14] ?? 0)];
  return { own: own / 100, all: (own + children) / 100 };
};

const memory = (pid: number) => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
  return { rss: of("Rss"), pss: of("Pss") };
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** many.ts on the worker: resolves with its line when it is ready. */
export const many = async (
  lab: Lab,
  ...words: readonly string[]
): Promise<{ line: string; end: () => Promise<void> }> => {
  const [program = "", ...args] = [...lab.worker.prefix, process.execPath, `${import.meta.dir}/many.ts`, ...words];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const gone = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  let output = "";
  child.stdout.on("data", (piece: unknown) => {
    output += String(piece);
  });
  const end = async () => {
    child.stdin.end();
    await gone;
  };
  lab.onDestroy(end);
  const line = await until(
    `${words[0]} ${words[1]}`,
    () => {
      if (child.exitCode !== null) throw new Error(`many.ts ended with ${child.exitCode}`);
      return output.includes("\n") && output.trim();
    },
    600_000,
  );
  return { line, end };
};

/** The sum of a metric over its labels. */
export const metric = (text: string, name: string): number =>
  [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.]+)$`, "gm"))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );

const clientMemory = async (lab: Lab, program: "udhcpc" | "dhclient", count: number) => {
  const clients = await many(lab, "clients", program, String(count), lab.directory);
  const pids = clients.line.split(" ").slice(1).map(Number);
  const bound = () => lab.server.leases().length >= count;
  await until(`${count} ${program} have their leases`, bound, 120_000);
  const samples = pids.map(memory);
  await clients.end();
  return { rss: median(samples.map(({ rss }) => rss)), pss: median(samples.map(({ pss }) => pss)) };
};

export const measureKeeper = async (attachments: number, seconds: number): Promise<KeeperFigures> => {
  // A thousand leases of 66 s, renewed at half their time, are thirty renewals a second.
  const lab = await makeLab({ server: "kea", wide: true, leaseSeconds: 66 });
  const keeper = await startKeeper(lab);
  try {
    const { path } = makeBundle(lab);
    const hook = [`${repository}/dist/berth`, "createRuntime", ...keeperWords(lab)];
    const containers = await many(lab, "attach", String(attachments), path, ...hook);
    const socket = `${berthDirs(lab).runDir}/keeper.sock`;
    const metrics = () => lab.worker.must("curl", "-s", "--unix-socket", socket, "http://keeper/metrics");
    await until("every attachment is kept", async () => metric(await metrics(), "berth_leases") >= attachments, 30_000);
    // The first renewals come in the rhythm of the starts.
    const rhythm = await metrics();
    await until(
      "every lease was renewed once",
      async () =>
        metric(await metrics(), "berth_renewals_total") - metric(rhythm, "berth_renewals_total") >= attachments,
      120_000,
    );
    const before = { text: await metrics(), at: performance.now(), ...ticks(keeper.pid) };
    await Bun.sleep(seconds * 1000);
    const after = { text: await metrics(), at: performance.now(), ...ticks(keeper.pid) };
    const took = (after.at - before.at) / 1000;
    const grown = (name: string): number => metric(after.text, name) - metric(before.text, name);
    const { rss, pss } = memory(keeper.pid);
    await keeper.stop();
    await containers.end();
    // The kernel takes the ports away behind us, and a bridge has no more than 1024.
    await until("the ports are gone", async () => (await ports(lab.worker)).length === 0, 120_000);
    await lab.server.stop();
    await lab.lan.must("sh", "-c", `rm -f ${lab.directory}/kea/leases*`);
    await lab.server.start({ leaseSeconds: 3600 });
    const udhcpc = await clientMemory(lab, "udhcpc", 100);
    await lab.server.stop();
    await lab.lan.must("sh", "-c", `rm -f ${lab.directory}/kea/leases*`);
    await lab.server.start({ leaseSeconds: 3600 });
    const dhclient = await clientMemory(lab, "dhclient", 100);
    return {
      attachments,
      seconds: took,
      renewals: grown("berth_renewals_total"),
      late: metric(after.text, "berth_late_renewals_total"),
      lost: metric(after.text, "berth_leases_lost_total"),
      cpu: (after.own - before.own) / took,
      cpuWithChildren: (after.all - before.all) / took,
      rssMib: rss / 1024,
      pssMib: pss / 1024,
      descriptors: metric(after.text, "process_open_fds"),
      clients: { udhcpc, dhclient },
    };
  } catch (thrown) {
    throw new Error(`the keeper said: ${keeper.output().slice(-2000)}`, { cause: thrown });
  } finally {
    await lab.destroy();
  }
};

if (import.meta.main) {
  const [count = "1000", seconds = "60"] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(await measureKeeper(Number(count), Number(seconds)), null, 2)}\n`);
}
