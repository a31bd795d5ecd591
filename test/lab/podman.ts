/** podman on a worker of the lab, with storage of its own and an image made from the busybox rootfs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { makeBundle } from "./bundle.ts";
import type { Executed } from "./host.ts";
import type { Lab } from "./lab.ts";

export type Podman = {
  readonly podman: (...args: readonly string[]) => Promise<Executed>;
  /** Words for `run`: everything that a container needs here, before the image. */
  readonly image: string;
};

/**
 * `hooksDir` is given to podman as an operator would. Limits are set because podman 4.3.1 otherwise raises them over what
 * a container of ours may have.
 */
export const makePodman = async (lab: Lab, hooksDir: string, runtime: "runc" | "crun"): Promise<Podman> => {
  // podman 4.3.1 takes a runroot of at most 50 characters.
  const base = `${lab.directory}/p-${runtime}`;
  mkdirSync(base, { recursive: true });
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
  const { rootfs } = makeBundle(lab, { hooks: false });
  await lab.worker.must("tar", "-C", rootfs, "-cf", `${base}/image.tar`, ".");
  const imported = await podman("import", "-q", `${base}/image.tar`, "bb");
  if (imported.code !== 0) throw new Error(`podman import: ${imported.stderr}`);
  lab.onDestroy(async () => {
    await podman("rm", "--all", "--force", "--time", "0");
    await lab.worker.exec("sh", "-c", 'umount -R "$0"/*/* 2>/dev/null; rm -rf "$0"', base);
  });
  return { podman, image: "bb" };
};
