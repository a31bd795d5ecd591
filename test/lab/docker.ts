/** dockerd on a worker of the lab, with storage of its own, an image made from the busybox rootfs, and berth's shim as a runtime. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { berthDirs, defaultConfig, makeBundle, repository, withoutKeeper } from "./bundle.ts";
import type { Daemon, Executed } from "./host.ts";
import { inLab } from "./inLab.ts";
import type { Lab, LabOptions } from "./lab.ts";
import { assertClean, records } from "./look.ts";
import { until } from "./until.ts";

export type DockerOptions = {
  /** berth is what plain `docker run` uses. */
  readonly isDefault?: boolean;
  readonly liveRestore?: boolean;
  /** The real runtime. */
  readonly runtime?: "runc" | "crun";
  /** berth.json's text; undefined: DHCP on br0. */
  readonly config?: string;
};

export type Docker = {
  readonly docker: (...args: readonly string[]) => Promise<Executed>;
  /** The same; a failure is an exception. Returns standard output without the last newline. */
  readonly must: (...args: readonly string[]) => Promise<string>;
  readonly image: string;
  /** `<data-root>/containers`. */
  readonly containers: string;
  readonly log: () => string;
  /** Environment that makes the docker command talk to this daemon. */
  readonly env: Readonly<Record<string, string>>;
  /** kill -9 of the daemon, and a new one. */
  readonly killAndRestart: () => Promise<void>;
};

/** The shim as install.sh puts it, with this build's executable in it. */
export const installShim = (directory: string, executable = `${repository}/dist/berth`): string => {
  const shim = `${directory}/berth-runtime`;
  const source = readFileSync(`${repository}/hooks/berth-runtime`, "utf8");
  writeFileSync(shim, source.replaceAll("/usr/local/bin/berth", executable));
  chmodSync(shim, 0o755);
  return shim;
};

const daemonJson = (lab: Lab, base: string, shim: string, options: DockerOptions): unknown => {
  const { configFile, runDir, stateDir } = berthDirs(lab);
  const own = ["--berth-config", configFile, "--berth-run-dir", runDir, "--berth-state-dir", stateDir];
  const runtimeArgs = [...own, "--berth-runtime", options.runtime ?? "runc"];
  return {
    "data-root": `${base}/data`,
    "exec-root": `${base}/exec`,
    pidfile: `${base}/pid`,
    hosts: [`unix://${base}/sock`],
    "storage-driver": "overlay2",
    bip: "172.31.77.1/24",
    iptables: false,
    "ip-masq": false,
    "userland-proxy": false,
    "live-restore": options.liveRestore === true,
    runtimes: { berth: { path: shim, runtimeArgs } },
    ...(options.isDefault === true ? { "default-runtime": "berth" } : {}),
  };
};

/** Ended; nobody may have asked for its exit code yet. */
const hasEnded = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return true;
  }
};

/** Processes of this daemon's that outlive it: each has the lab's directory in its command line. */
const killLeftOver = (base: string): void => {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      const isOurs = words.some((word) => word.startsWith(`${base}/`)) && /containerd|dockerd/.test(words[0] ?? "");
      if (isOurs) process.kill(Number(name), "SIGKILL");
    } catch {
      // It has ended.
    }
  }
};

export const makeDocker = async (lab: Lab, options: DockerOptions = {}): Promise<Docker> => {
  const base = `${lab.directory}/docker`;
  mkdirSync(base, { recursive: true });
  const shim = installShim(base);
  writeFileSync(`${base}/daemon.json`, JSON.stringify(daemonJson(lab, base, shim, options), null, 2));
  writeFileSync(berthDirs(lab).configFile, withoutKeeper(options.config ?? defaultConfig));
  // Whatever dockerd, containerd and their shims leave in /run is seen by nobody.
  await lab.worker.must("mount", "-t", "tmpfs", "tmpfs", "/run");
  const env = { DOCKER_HOST: `unix://${base}/sock`, DOCKER_CONFIG: `${base}/cli`, DOCKER_BUILDKIT: "0" };
  const docker = (...args: readonly string[]) => lab.worker.execWith({ env, timeoutMs: 120_000 }, "docker", ...args);
  const must = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await docker(...args);
    if (code !== 0) throw new Error(`docker ${args.join(" ")}: exit code ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  let daemon: Daemon | undefined;
  let before = "";
  const log = () => `${before}${daemon?.output() ?? ""}`;
  const start = async (): Promise<void> => {
    // containerd writes its stacks to TMPDIR when a daemon that lost it asks what it is doing.
    const started = lab.worker.daemon("dockerd", ["--config-file", `${base}/daemon.json`], { env: { TMPDIR: base } });
    daemon = started;
    await until(
      "dockerd is ready",
      () => {
        if (started.exited()) throw new Error(`dockerd ended: ${started.output()}`);
        return /API listen on/.test(started.output()) && existsSync(`${base}/sock`);
      },
      60_000,
    );
  };
  lab.onDestroy(async () => {
    if (daemon?.exited() === false) {
      const listed = await docker("ps", "-aq", "--no-trunc");
      const ids = listed.stdout.split("\n").filter((id) => id !== "");
      if (ids.length > 0) await docker("rm", "-f", ...ids);
      await daemon.stop();
    }
    killLeftOver(base);
    await lab.worker.exec("sh", "-c", 'grep -o " $0/[^ ]*" /proc/mounts | sort -r | xargs -r umount -l', base);
  });
  await start();
  const { rootfs } = makeBundle(lab, { hooks: false, ...(options.config === undefined ? {} : { config: "" }) });
  await lab.worker.must("tar", "-C", rootfs, "-cf", `${base}/image.tar`, ".");
  await must("import", `${base}/image.tar`, "bb");
  const killAndRestart = async (): Promise<void> => {
    const pid = Number(readFileSync(`${base}/pid`, "utf8"));
    process.kill(pid, "SIGKILL");
    await until("dockerd is gone", () => daemon?.exited());
    // Its containerd dies with it. Where nobody collects it, the next dockerd would take it for a living one.
    const containerd = `${base}/exec/containerd/containerd.pid`;
    const child = Number(readFileSync(containerd, "utf8"));
    await until("its containerd is gone", () => hasEnded(child));
    rmSync(containerd);
    before = log();
    await start();
  };
  return { docker, must, image: "bb", containers: `${base}/data/containers`, log, env, killAndRestart };
};

/** A lab with dockerd for the time of one test. */
export const withDocker =
  (options: DockerOptions & { readonly lab?: LabOptions }, work: (lab: Lab, docker: Docker) => Promise<void>) =>
  (): Promise<void> =>
    inLab(options.lab ?? {}, async (lab) => work(lab, await makeDocker(lab, options)));

/** Nothing of berth's, no mounted files, and no lease; Docker calls poststop after it has answered. */
export const assertAllReleased = async (lab: Lab): Promise<void> => {
  await until("the records are gone", () => records(lab).length === 0, 60_000);
  await assertClean(lab);
};
