/** What berth costs a `docker run`, and berth-runtime a call that is not create: all from one run, in turn. */
import { makeDocker } from "../lab/docker.ts";
import { makeLab } from "../lab/lab.ts";

/** Milliseconds. */
export type DockerTimes = Readonly<Record<"none" | "berth" | "bridge" | "runc" | "shim", readonly number[]>>;

const runs = {
  none: ["--net", "none"],
  berth: ["--net", "none", "--runtime", "berth"],
  bridge: ["--net", "bridge"],
} as const;
const kinds = ["none", "berth", "bridge"] as const;

const timed = async (work: () => unknown): Promise<number> => {
  const before = performance.now();
  await work();
  return performance.now() - before;
};

const shuffled = <T>(list: readonly T[]): readonly T[] =>
  list
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);

/** `rounds` of `docker run --rm … true` with each network, and ten times as many calls of the runtime alone. */
export const measureDocker = async (rounds: number): Promise<DockerTimes> => {
  const lab = await makeLab();
  const into: Record<keyof DockerTimes, number[]> = { none: [], berth: [], bridge: [], runc: [], shim: [] };
  try {
    const { must, image } = await makeDocker(lab);
    for (let round = -1; round < rounds; round += 1)
      for (const kind of shuffled(kinds)) {
        const ms = await timed(() => must("run", "--rm", ...runs[kind], image, "true"));
        if (round >= 0) into[kind].push(ms);
      }
    const programs = { runc: "runc", shim: `${lab.directory}/docker/berth-runtime` } as const;
    const words = ["--root", lab.directory, "--log", "/dev/null", "--log-format", "json", "state", "nobody"];
    for (let call = 0; call < rounds * 10; call += 1)
      for (const name of shuffled(["runc", "shim"] as const))
        into[name].push(
          await timed(() => Bun.spawnSync([programs[name], ...words], { stdout: "ignore", stderr: "ignore" })),
        );
    return into;
  } finally {
    await lab.destroy();
  }
};
