/** berth-runtime with a real runc and crun and no engine: what it adds to a bundle, what it takes away, what it lets pass. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Bundle, berthDirs, makeBundle } from "../lab/bundle.ts";
import { installShim } from "../lab/docker.ts";
import type { Executed } from "../lab/host.ts";
import { type Lab, type LabOptions, makeLab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, records } from "../lab/look.ts";
import { treeOf } from "../lab/snapshot.ts";
import { until } from "../lab/until.ts";

const test = suite("berth-runtime");
const runtimes = ["runc", "crun"] as const;

type Call = (...args: readonly string[]) => Promise<Executed>;

const inLab =
  (runtime: string, work: (lab: Lab, shim: Call, real: Call) => Promise<void>, options: LabOptions = {}) =>
  async () => {
    const lab = await makeLab(options);
    try {
      const path = installShim(lab.directory);
      const { configFile, runDir, stateDir } = berthDirs(lab);
      const own = ["--berth-config", configFile, "--berth-run-dir", runDir, "--berth-state-dir", stateDir];
      const root = ["--root", `${lab.directory}/root`];
      const env = { BERTH_RUNTIME: runtime };
      const shim: Call = (...args) => lab.worker.execWith({ env }, path, ...own, ...root, ...args);
      const real: Call = (...args) => lab.worker.exec(runtime, ...root, ...args);
      lab.onDestroy(async () => {
        const { stdout } = await real("list", "-q");
        for (const id of stdout.split("\n").filter((name) => name !== "")) await real("delete", "--force", id);
      });
      await work(lab, shim, real);
    } finally {
      await lab.destroy();
    }
  };

const documentOf = ({ path }: Bundle): string => readFileSync(`${path}/config.json`, "utf8");

const assertClean = async (lab: Lab): Promise<void> => {
  await assertNothingLeft(lab);
  const files = `${berthDirs(lab).runDir}/files`;
  assert.equal(existsSync(files) ? treeOf(files) : [], []);
};

const look = "ip -4 -o addr show eth0; cat /etc/resolv.conf /etc/hosts; echo changed >>/etc/hosts";

for (const runtime of runtimes) {
  test(
    `${runtime}: the same bundle again and again: an address, DNS, and an image that stays as it was`,
    inLab(runtime, async (lab, shim) => {
      const bundle = makeBundle(lab, { hooks: false, hostname: "web1", script: look });
      const image = treeOf(`${bundle.rootfs}/etc`);
      const shown: string[] = [];
      for (const id of ["first", "second", "second"]) {
        const ran = await shim("run", "--bundle", bundle.path, id);
        assert.is(ran.code, 0, ran.stderr);
        assert.match(ran.stdout, /inet 10\.88\.0\.\d+\/24/);
        assert.match(ran.stdout, "nameserver 10.88.0.1");
        assert.match(ran.stdout, /10\.88\.0\.\d+\tweb1/);
        assert.not.match(ran.stdout, "changed");
        shown.push(ran.stdout);
        await assertClean(lab);
      }
      // hosts and resolv.conf may have been made by the runtime as places to mount at, but nobody wrote to them.
      for (const name of readdirSync(`${bundle.rootfs}/etc`))
        assert.is(statSync(`${bundle.rootfs}/etc/${name}`).size, 0, name);
      assert.ok(image.length <= treeOf(`${bundle.rootfs}/etc`).length);
      const { hooks, mounts } = JSON.parse(documentOf(bundle));
      assert.equal([hooks.createRuntime.length, hooks.poststop.length], [1, 1]);
      assert.is(mounts.filter(({ destination }: { destination: string }) => destination.startsWith("/etc/")).length, 2);
    }),
  );

  test(
    `${runtime}: create, start, state, exec, ps, kill, delete, and their exit codes`,
    inLab(runtime, async (lab, shim, real) => {
      const bundle = makeBundle(lab, { hooks: false, script: "sleep 1000" });
      const created = await lab.worker.execWith(
        { env: { BERTH_RUNTIME: runtime } },
        "sh",
        "-c",
        'exec "$@" >/dev/null 2>&1 </dev/null',
        "sh",
        `${lab.directory}/berth-runtime`,
        ...["--berth-config", berthDirs(lab).configFile, "--berth-run-dir", berthDirs(lab).runDir],
        ...["--berth-state-dir", berthDirs(lab).stateDir, "--root", `${lab.directory}/root`],
        ...["create", "--pid-file", `${lab.directory}/pid`, "--bundle", bundle.path, bundle.id],
      );
      assert.is(created.code, 0);
      assert.is(Number(readFileSync(`${lab.directory}/pid`, "utf8")), onlyRecord(lab).pid);
      assert.is((await shim("start", bundle.id)).code, 0);
      const inside = await shim("exec", bundle.id, "ip", "-4", "-o", "addr", "show", "eth0");
      assert.match(inside.stdout, String(onlyRecord(lab).lease?.address));
      assert.is((await shim("exec", bundle.id, "sh", "-c", "exit 9")).code, 9);
      for (const words of [
        ["state", bundle.id],
        ["list", "-q"],
        ["state", "nobody"],
        ["frobnicate"],
        ["--version"],
        ["features"],
      ]) {
        const [ours, theirs] = [await shim(...words), await real(...words)];
        // runc says when, and how long ago.
        const timeless = ({ code, stdout, stderr }: Executed) =>
          [code, stdout, stderr].join("\n").replace(/time="[^"]*"|\d{4}-\d\d-\d\dT[^\s"]*/g, "");
        assert.is(timeless(ours), timeless(theirs), words.join(" "));
      }
      assert.match((await shim("ps", bundle.id)).stdout, String(onlyRecord(lab).pid));
      assert.is((await shim("kill", bundle.id, "KILL")).code, 0);
      await until("it has ended", async () => JSON.parse((await real("state", bundle.id)).stdout).status === "stopped");
      assert.is((await shim("delete", bundle.id)).code, 0);
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: a container that is not ours keeps its document, byte for byte`,
    inLab(runtime, async (lab, shim) => {
      const bundle = makeBundle(lab, { hooks: false, netns: "host", script: "true" });
      const before = documentOf(bundle);
      const { ino } = statSync(`${bundle.path}/config.json`);
      assert.is((await shim("run", "--bundle", bundle.path, bundle.id)).code, 0);
      assert.is(documentOf(bundle), before);
      assert.is(statSync(`${bundle.path}/config.json`).ino, ino);
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: a createRuntime that fails takes its files with it`,
    inLab(
      runtime,
      async (lab, shim) => {
        const bundle = makeBundle(lab, { hooks: false });
        const config = '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":0.5}}}}';
        writeFileSync(berthDirs(lab).configFile, config);
        const failed = await shim("run", "--bundle", bundle.path, bundle.id);
        assert.is.not(failed.code, 0);
        assert.match(JSON.stringify(events(lab)), "no DHCP server offered an address");
        assert.equal(records(lab), []);
        await assertNothingLeft(lab, lab.worker, false);
        assert.equal(treeOf(`${berthDirs(lab).runDir}/files`), []);
      },
      { server: "none" },
    ),
  );
}

test(
  "mode and owner of config.json stay, and an id that is a path is refused",
  inLab("runc", async (lab, shim) => {
    const bundle = makeBundle(lab, { hooks: false, script: "true" });
    await lab.worker.must("sh", "-c", 'chown 12:34 "$0" && chmod 640 "$0"', `${bundle.path}/config.json`);
    assert.is((await shim("run", "--bundle", bundle.path, bundle.id)).code, 0);
    const { uid, gid, mode } = statSync(`${bundle.path}/config.json`);
    assert.equal([uid, gid, mode & 0o777], [12, 34, 0o640]);
    const before = documentOf(bundle);
    const refused = await shim("run", "--bundle", bundle.path, "../../x");
    assert.is(refused.code, 1);
    assert.match(refused.stderr, 'berth: inject: "../../x" is not a container id');
    assert.is(documentOf(bundle), before);
    await assertClean(lab);
  }),
);

test(
  "variables that change how the executable behaves have no effect",
  inLab("runc", async (lab) => {
    const bundle = makeBundle(lab, { hooks: false, script: "ip -4 -o addr show eth0" });
    const { configFile, runDir, stateDir } = berthDirs(lab);
    const own = ["--berth-config", configFile, "--berth-run-dir", runDir, "--berth-state-dir", stateDir];
    const hostile = { BUN_OPTIONS: "--help", BUN_BE_BUN: "1", BUN_INSPECT: "1", BERTH_FAULT: "kill:port" };
    const words = [...own, "--root", `${lab.directory}/root`, "run", "--bundle", bundle.path, bundle.id];
    const ran = await lab.worker.execWith({ env: hostile }, `${lab.directory}/berth-runtime`, ...words);
    assert.is(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /inet 10\.88\.0\./);
    await assertClean(lab);
  }),
);

for (const [what, files, expected] of [
  ["that are true", {}, "name:web1"],
  ["without a network mode", { "hostconfig.json": "{}" }, "not ours"],
  ["with a network mode that is a number", { "hostconfig.json": '{"NetworkMode":7}' }, "not ours"],
  ["with half a hostconfig.json", { "hostconfig.json": '{"NetworkMode":"bri' }, "not ours"],
  ["with half a config.v2.json", { "config.v2.json": '{"ID":' }, null],
  ["of another container", { "config.v2.json": `{"ID":"${"f".repeat(64)}","Name":"/web2"}` }, null],
  ["with a name of two lines", { "config.v2.json": `{"ID":"${"a".repeat(64)}","Name":"/a\\nb"}` }, null],
] as const satisfies readonly (readonly [string, Record<string, string>, string | null])[]) {
  test(
    `files in a Docker directory ${what}`,
    inLab("runc", async (lab, shim) => {
      const id = "a".repeat(64);
      const directory = `${lab.directory}/data/containers/${id}`;
      mkdirSync(directory, { recursive: true });
      const usual = {
        "config.v2.json": JSON.stringify({ ID: id, Name: "/web1", Config: { Labels: { other: "a\nb" } } }),
        "hostconfig.json": '{"NetworkMode":"none"}',
        "resolv.conf": "",
      };
      for (const [name, text] of Object.entries({ ...usual, ...files }))
        writeFileSync(`${directory}/${name}`, text, { mode: 0o600 });
      const source = `${directory}/resolv.conf`;
      const mounts = [{ destination: "/etc/resolv.conf", type: "bind", source, options: ["bind"] }];
      const bundle = makeBundle(lab, { hooks: false, id, mounts, script: "exec sleep 1000 >/dev/null 2>&1" });
      const output = `${bundle.path}/output`;
      const started = await shim("run", "--detach", "--pid-file", output, "--bundle", bundle.path, id);
      assert.is(started.code, 0, started.stderr);
      const [record] = records(lab);
      assert.is(record === undefined ? "not ours" : record.identity, expected);
      assert.is((await shim("delete", "--force", id)).code, 0);
      await assertClean(lab);
    }),
  );
}

test.run();
