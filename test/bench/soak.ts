/**
 * Many exchanges through one keeper in little time: leases of two seconds, renewed every second. Memory and descriptors are sampled
 * on the way; the slope is that of a straight line through the samples (least squares) of the second half, when all is warm.
 */
import { berthDirs, makeBundle, repository } from "../lab/bundle.ts";
import { keeperWords, startKeeper } from "../lab/keeper.ts";
import { makeLab } from "../lab/lab.ts";
import { until } from "../lab/until.ts";
import { many, metric } from "./keeper.ts";

type Sample = { readonly exchanges: number; readonly rssMib: number; readonly descriptors: number };

export type Soak = {
  readonly exchanges: number;
  readonly seconds: number;
  readonly lost: number;
  readonly firstRssMib: number;
  readonly lastRssMib: number;
  /** KiB of resident memory for a thousand exchanges more. */
  readonly slopeKib: number;
  readonly descriptors: { readonly least: number; readonly most: number };
};

const slope = (samples: readonly Sample[]): number => {
  const meanX = samples.reduce((sum, { exchanges }) => sum + exchanges, 0) / samples.length;
  const meanY = samples.reduce((sum, { rssMib }) => sum + rssMib, 0) / samples.length;
  const over = samples.reduce((sum, { exchanges, rssMib }) => sum + (exchanges - meanX) * (rssMib - meanY), 0);
  return over / samples.reduce((sum, { exchanges }) => sum + (exchanges - meanX) ** 2, 0);
};

export const soak = async (attachments: number, exchanges: number): Promise<Soak> => {
  const lab = await makeLab({ server: "kea", wide: true, leaseSeconds: 3600 });
  try {
    const { path } = makeBundle(lab);
    const hook = [`${repository}/dist/berth`, "createRuntime", ...keeperWords(lab)];
    await many(lab, "attach", String(attachments), path, ...hook);
    await lab.server.start({ leaseSeconds: 2 });
    await startKeeper(lab);
    const socket = `${berthDirs(lab).runDir}/keeper.sock`;
    const metrics = () =>
      lab.worker.must(
        "curl",
        "-s",
        "--retry",
        "2",
        "--retry-all-errors",
        "--unix-socket",
        socket,
        "http://keeper/metrics",
      );
    // Leases of an hour become such of two seconds when they are renewed.
    await lab.worker.must(
      "sh",
      "-c",
      `for n in $(seq 0 ${attachments - 1}); do curl -s -o /dev/null -X POST --unix-socket "$0" "http://keeper/renew?container=many$n"; done`,
      socket,
    );
    const samples: Sample[] = [];
    const started = performance.now();
    await until(
      `${exchanges} exchanges`,
      async () => {
        const text = await metrics();
        const sample = {
          exchanges: metric(text, "berth_renewals_total"),
          rssMib: metric(text, "process_resident_memory_bytes") / 1024 / 1024,
          descriptors: metric(text, "process_open_fds"),
        };
        const last = samples.at(-1);
        if (last === undefined || sample.exchanges >= last.exchanges + exchanges / 200) samples.push(sample);
        return sample.exchanges >= exchanges;
      },
      3_600_000,
    );
    const text = await metrics();
    const descriptors = samples.map((sample) => sample.descriptors);
    return {
      exchanges: metric(text, "berth_renewals_total"),
      seconds: (performance.now() - started) / 1000,
      lost: metric(text, "berth_leases_lost_total"),
      firstRssMib: samples[Math.floor(samples.length / 2)]?.rssMib ?? Number.NaN,
      lastRssMib: samples.at(-1)?.rssMib ?? Number.NaN,
      slopeKib: slope(samples.slice(Math.floor(samples.length / 2))) * 1024 * 1000,
      descriptors: { least: Math.min(...descriptors), most: Math.max(...descriptors) },
    };
  } finally {
    await lab.destroy();
  }
};

if (import.meta.main) {
  const [attachments = "200", exchanges = "100000"] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(await soak(Number(attachments), Number(exchanges)), null, 2)}\n`);
}
