/** podman with the hooks directory as installed: `podman --hooks-dir … run --net none`. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs, repository } from "../lab/bundle.ts";
import { fetchPage } from "../lab/fetchPage.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { assertNothingLeft, onlyRecord } from "../lab/look.ts";
import { makePodman, type Podman } from "../lab/podman.ts";

const test = suite("podman");

/** The files of oci-config/podman, with this lab's executable and directories in them. */
const hooksDir = (lab: Lab): string => {
  const { runDir, stateDir } = berthDirs(lab);
  const directory = `${lab.directory}/hooks.d`;
  mkdirSync(directory);
  for (const name of readdirSync(`${repository}/oci-config/podman`)) {
    const file = JSON.parse(readFileSync(`${repository}/oci-config/podman/${name}`, "utf8"));
    file.hook.path = `${repository}/dist/berth`;
    file.hook.args.push("--run-dir", runDir, "--state-dir", stateDir);
    writeFileSync(`${directory}/${name}`, JSON.stringify(file));
  }
  return directory;
};

const inLab = (runtime: "runc" | "crun", work: (lab: Lab, podman: Podman) => Promise<void>) => async () => {
  const lab = await makeLab();
  try {
    await work(lab, await makePodman(lab, hooksDir(lab), runtime));
  } finally {
    await lab.destroy();
  }
};

for (const runtime of ["runc", "crun"] as const) {
  test(
    `${runtime}: --net none is on the LAN from its first instruction, and gives its lease back`,
    inLab(runtime, async (lab, { podman, image }) => {
      const ran = await podman("run", "--rm", "--net", "none", image, "ip", "-4", "-o", "addr", "show", "eth0");
      assert.is(ran.code, 0, ran.stderr);
      assert.match(ran.stdout, /inet 10\.88\.0\.\d+\/24/);
      await assertNothingLeft(lab);
    }),
  );

  test(
    `${runtime}: a server in the background is reached, stopped, and its lease handed back at its removal`,
    inLab(runtime, async (lab, { podman, image }) => {
      const started = await podman(
        "run",
        "-d",
        "--name",
        "web1",
        "--hostname",
        "web1",
        "--net",
        "none",
        image,
        "httpd",
        "-f",
        "-h",
        "/www",
      );
      assert.is(started.code, 0, started.stderr);
      const record = onlyRecord(lab);
      assert.is(record.identity, "hostname:web1");
      assert.is(await fetchPage(lab.peer, record.lease?.address ?? ""), "berth");
      const inside = await podman("exec", "web1", "ip", "-4", "-o", "addr", "show", "eth0");
      assert.match(inside.stdout, String(record.lease?.address));
      const removed = await podman("rm", "--force", "--time", "0", "web1");
      assert.is(removed.code, 0, removed.stderr);
      await assertNothingLeft(lab);
    }),
  );

  test(
    `${runtime}: an annotation chooses a static address`,
    inLab(runtime, async (lab, { podman, image }) => {
      const annotation = "io.berth.ip=10.88.0.9/24@10.88.0.1";
      const ran = await podman("run", "--rm", "--net", "none", "--annotation", annotation, image, "ip", "route");
      assert.is(ran.code, 0, ran.stderr);
      assert.match(ran.stdout, "default via 10.88.0.1 dev eth0");
      await assertNothingLeft(lab);
    }),
  );

  test(
    `${runtime}: --net host is left alone`,
    inLab(runtime, async (lab, { podman, image }) => {
      const ran = await podman("run", "--rm", "--net", "host", image, "ip", "-o", "link");
      assert.is(ran.code, 0, ran.stderr);
      assert.match(ran.stdout, "br0");
      await assertNothingLeft(lab);
    }),
  );
}

test.run();
