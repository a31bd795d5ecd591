/** podman with berth's precreate hook, alone and beside the others; pods; the quadlet example. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs, repository } from "../lab/bundle.ts";
import { quadletWords } from "../lab/examples.ts";
import { fetchPage } from "../lab/fetchPage.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, records } from "../lab/look.ts";
import { makePodman, type Podman } from "../lab/podman.ts";
import { treeOf } from "../lab/snapshot.ts";

const test = suite("podman, precreate");

const precreate = "podman-precreate/berth-precreate.json";
const hooks = ["podman/berth-createRuntime.json", "podman/berth-poststop.json"] as const;

/** Files of oci-config/ with this lab's executable and directories in them. */
const hooksDir = (lab: Lab, files: readonly string[]): string => {
  const { runDir, stateDir } = berthDirs(lab);
  const directory = `${lab.directory}/hooks.d`;
  mkdirSync(directory);
  for (const name of files) {
    const file = JSON.parse(readFileSync(`${repository}/oci-config/${name}`, "utf8"));
    file.hook.path = `${repository}/dist/berth`;
    file.hook.args.push("--run-dir", runDir, "--state-dir", stateDir);
    writeFileSync(`${directory}/${name.split("/").at(-1)}`, JSON.stringify(file));
  }
  return directory;
};

type Must = (...args: readonly string[]) => Promise<string>;

const inLab =
  (files: readonly string[], runtime: "runc" | "crun", work: (lab: Lab, must: Must, podman: Podman) => Promise<void>) =>
  async () => {
    const lab = await makeLab();
    try {
      const podman = await makePodman(lab, hooksDir(lab, files), runtime);
      const must = async (...args: readonly string[]): Promise<string> => {
        const { code, stdout, stderr } = await podman.podman(...args);
        if (code !== 0) throw new Error(`podman ${args.join(" ")}: exit code ${code}: ${stderr}`);
        return stdout;
      };
      await work(lab, must, podman);
    } finally {
      await lab.destroy();
    }
  };

const assertClean = async (lab: Lab): Promise<void> => {
  await assertNothingLeft(lab);
  const files = `${berthDirs(lab).runDir}/files`;
  assert.equal(existsSync(files) ? treeOf(files) : [], []);
};

for (const runtime of ["runc", "crun"] as const) {
  for (const files of [[precreate], [precreate, ...hooks]]) {
    const registered = files.length === 1 ? "alone" : "beside the other two";
    test(
      `${runtime}, precreate ${registered}: attached once, DNS by a file of berth's own, also in a read-only container`,
      inLab(files, runtime, async (lab, must, { image }) => {
        const look = "ip -4 -o addr show eth0; cat /etc/resolv.conf; cat /proc/mounts";
        for (const more of [[], ["--read-only"]]) {
          const shown = await must("run", "--rm", "--net", "none", ...more, image, "sh", "-c", look);
          assert.match(shown, /inet 10\.88\.0\.\d+\/24/);
          assert.match(shown, "nameserver 10.88.0.1");
          assert.match(shown, " /etc/resolv.conf ");
          await assertClean(lab);
        }
        assert.equal(
          events(lab).map(({ event }) => event),
          ["attached", "released", "attached", "released"],
        );
      }),
    );
  }

  test(
    `${runtime}: the containers of a pod share one attachment, which goes with the pod`,
    inLab(hooks, runtime, async (lab, must, { image }) => {
      const infra = ["--infra", "--infra-image", image, "--infra-command", "sleep 1000"];
      await must("pod", "create", "--name", "shop", "--network", "none", ...infra);
      await must("run", "-d", "--pod", "shop", "--name", "web", image, "httpd", "-f", "-h", "/www");
      const record = onlyRecord(lab);
      const ip = record.lease?.address ?? "";
      assert.is(await fetchPage(lab.peer, ip), "berth");
      assert.match(await must("run", "--rm", "--pod", "shop", image, "ip", "-4", "-o", "addr"), ip);
      await must("rm", "-f", "-t", "0", "web");
      assert.equal(records(lab), [record]);
      await must("pod", "rm", "-f", "-t", "0", "shop");
      await assertClean(lab);
    }),
  );
}

test(
  "the quadlet example, as podman run: the same MAC and address each time it is started",
  inLab(hooks, "crun", async (lab, must, { image }) => {
    const { words } = quadletWords();
    const once = async () => {
      await must("run", "-d", ...words, image, "sleep", "1000");
      const { mac, lease, identity } = onlyRecord(lab);
      await must("rm", "-f", "-t", "0", "web1");
      await assertClean(lab);
      return { mac, address: lease?.address, identity };
    };
    const first = await once();
    assert.is(first.identity, "hostname:web1");
    assert.equal(await once(), first);
  }),
);

test(
  "precreate leaves a container in the host's namespace alone, and lets createRuntime say what is wrong with a wish",
  inLab([precreate], "runc", async (lab, must, { podman, image }) => {
    assert.match(await must("run", "--rm", "--net", "host", image, "ip", "-o", "link"), "br0");
    const failed = await podman("run", "--rm", "--net", "none", "--annotation", "io.berth.ip=x", image, "true");
    assert.is.not(failed.code, 0);
    assert.match(failed.stderr, /annotation io\.berth\.ip: \\*"x\\*" will not do/);
    await assertClean(lab);
  }),
);

test.run();
