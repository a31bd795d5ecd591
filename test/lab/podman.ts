/** podman on a worker of the lab, with storage of its own and an image made from the busybox rootfs. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { berthDirs, defaultConfig, makeBundle, repository, withoutKeeper } from "./bundle.ts";
import type { Executed } from "./host.ts";
import { inLab } from "./inLab.ts";
import type { Lab, LabOptions } from "./lab.ts";
import { processesOf } from "./processes.ts";
import { until } from "./until.ts";

export type Podman = {
  readonly podman: (...args: readonly string[]) => Promise<Executed>;
  /** The same; a failure is an exception. Returns standard output without the last newline. */
  readonly must: (...args: readonly string[]) => Promise<string>;
  /** Words for `run`: everything that a container needs here, before the image. */
  readonly image: string;
};

/** Files of oci-config/. */
export const hooks = ["podman/berth-createRuntime.json", "podman/berth-poststop.json"] as const;
export const precreate = "podman-precreate/berth-precreate.json";

/** A hooks directory as an operator has it, with this lab's executable and directories in the files. */
export const makeHooksDir = (lab: Lab, files: readonly string[] = hooks, config = defaultConfig): string => {
  const { runDir, stateDir, configFile } = berthDirs(lab);
  const directory = `${lab.directory}/hooks.d`;
  mkdirSync(directory, { recursive: true });
  for (const name of files) {
    const file = JSON.parse(readFileSync(`${repository}/oci-config/${name}`, "utf8"));
    file.hook.path = `${repository}/dist/berth`;
    file.hook.args.push("--config", configFile, "--run-dir", runDir, "--state-dir", stateDir);
    writeFileSync(`${directory}/${name.split("/").at(-1)}`, JSON.stringify(file));
  }
  writeFileSync(configFile, withoutKeeper(config));
  return directory;
};

/**
 * `hooksDir` is given to podman as an operator would. Limits are set because podman 4.3.1 otherwise raises them over what
 * a container of ours may have.
 */
export const makePodman = async (lab: Lab, hooksDir: string, runtime: "runc" | "crun"): Promise<Podman> => {
  // podman 4.3.1 takes a runroot of at most 50 characters.
  const base = `${lab.directory}/p-${runtime}`;
  mkdirSync(base, { recursive: true });
  // podman gives a runtime no place for its state, which is then /run/runc or /run/crun: one that nobody else sees.
  await lab.worker.must("sh", "-c", "[ -e /run/lab ] || { mount -t tmpfs tmpfs /run && touch /run/lab; }");
  writeFileSync(
    `${base}/containers.conf`,
    '[containers]\ndefault_ulimits = ["nofile=1024:1024","nproc=1024:1024"]\n[engine]\nevents_logger = "file"\n',
  );
  writeFileSync(
    `${base}/storage.conf`,
    `[storage]\ndriver = "vfs"\nrunroot = "${base}/r"\ngraphroot = "${base}/root"\n`,
  );
  writeFileSync(`${base}/policy.json`, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const env = {
    CONTAINERS_CONF: `${base}/containers.conf`,
    CONTAINERS_STORAGE_CONF: `${base}/storage.conf`,
    TMPDIR: base,
  };
  const global = [
    ...["--root", `${base}/root`, "--runroot", `${base}/r`, "--tmpdir", `${base}/tmp`],
    ...["--cgroup-manager", "cgroupfs", "--runtime", runtime, "--hooks-dir", hooksDir],
  ];
  const podman = (...args: readonly string[]) => lab.worker.execWith({ env }, "podman", ...global, ...args);
  const must = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await podman(...args);
    if (code !== 0) throw new Error(`podman ${args.join(" ")}: exit code ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  // A configuration of its own, so that the lab's stays as it is.
  const { rootfs } = makeBundle(lab, { hooks: false, config: "" });
  await lab.worker.must("tar", "-C", rootfs, "-cf", `${base}/image.tar`, ".");
  await must("import", "-q", `${base}/image.tar`, "bb");
  lab.onDestroy(async () => {
    await podman("rm", "--all", "--force", "--time", "0");
    // conmon starts a "podman container cleanup" beside this, which may end after it and make its files anew.
    await until("podman's processes have ended", () => processesOf(base).length === 0, 30_000);
    await lab.worker.exec("sh", "-c", 'umount -R "$0"/*/* 2>/dev/null; rm -rf "$0"', base);
  });
  return { podman, must, image: "bb" };
};

export type PodmanOptions = {
  readonly runtime?: "runc" | "crun";
  readonly lab?: LabOptions;
  /** Files of oci-config/; createRuntime and poststop unless said otherwise. */
  readonly files?: readonly string[];
  /** berth.json's text; undefined: DHCP on br0. */
  readonly config?: string;
};

/** A lab with podman for the time of one test. */
export const withPodman =
  (options: PodmanOptions, work: (lab: Lab, podman: Podman) => Promise<void>) => (): Promise<void> =>
    inLab(options.lab ?? {}, async (lab) => {
      const directory = makeHooksDir(lab, options.files, options.config);
      await work(lab, await makePodman(lab, directory, options.runtime ?? "runc"));
    });
