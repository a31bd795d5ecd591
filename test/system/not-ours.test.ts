/** Containers that are none of berth's: exit code 0, nothing touched. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs, makeBundle } from "../lab/bundle.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, records } from "../lab/look.ts";
import { makeRuntime, type RuntimeName } from "../lab/runtime.ts";
import { networkOf } from "../lab/snapshot.ts";

const test = suite("not ours");
const runtimes = ["runc", "crun"] as const satisfies readonly RuntimeName[];

const reasons = (lab: Lab) =>
  events(lab)
    .filter(({ event }) => event === "not-ours")
    .map(({ message }) => String(message));

for (const name of runtimes) {
  test(`${name}: a container in the host's network namespace`, async () => {
    const lab = await makeLab();
    try {
      const before = await networkOf(lab.worker);
      const bundle = makeBundle(lab, { netns: "host", script: "ip -o link | cut -d: -f2" });
      const ran = await makeRuntime(lab, name).run(bundle);
      assert.is(ran.code, 0, ran.stderr);
      assert.match(ran.stdout, "br0");
      assert.equal(await networkOf(lab.worker), before);
      assert.match(reasons(lab)[0] ?? "", "host's network namespace");
      await assertNothingLeft(lab);
    } finally {
      await lab.destroy();
    }
  });

  test(`${name}: a container that joins another's namespace is attached with it once`, async () => {
    const lab = await makeLab();
    try {
      const runtime = makeRuntime(lab, name);
      const first = makeBundle(lab);
      await runtime.start(first);
      const record = onlyRecord(lab);
      const second = makeBundle(lab, { netns: `/proc/${record.pid}/ns/net`, script: "ip -4 -o addr show eth0" });
      const ran = await runtime.run(second);
      assert.is(ran.code, 0, ran.stderr);
      assert.match(ran.stdout, String(record.lease?.address));
      assert.match(reasons(lab)[0] ?? "", "already has eth0");
      assert.equal(records(lab), [record]);
      await runtime.stop(first);
      await assertNothingLeft(lab);
    } finally {
      await lab.destroy();
    }
  });

  test(`${name}: a namespace in which another driver has put an interface`, async () => {
    const lab = await makeLab();
    try {
      const holder = lab.worker.daemon("unshare", [
        "-n",
        "sh",
        "-c",
        "ip link add other0 type veth peer name other1 && exec sleep infinity",
      ]);
      await lab.worker.must("sh", "-c", `until nsenter -t ${holder.pid} -n ip link show other0; do :; done`);
      const bundle = makeBundle(lab, { netns: `/proc/${holder.pid}/ns/net`, script: "ip -o link" });
      const ran = await makeRuntime(lab, name).run(bundle);
      assert.is(ran.code, 0, ran.stderr);
      assert.not.match(ran.stdout, "eth0");
      assert.match(reasons(lab)[0] ?? "", "already has other");
      await holder.stop();
      await assertNothingLeft(lab);
    } finally {
      await lab.destroy();
    }
  });
}

test('"when": "asked" takes only who asks', async () => {
  const lab = await makeLab();
  try {
    const config = '{"when":"asked","networks":{"default":{"bridge":"br0"}}}';
    const runtime = makeRuntime(lab, "runc");
    const silent = await runtime.run(makeBundle(lab, { config, script: "ip -o link" }));
    assert.not.match(silent.stdout, "eth0");
    const asking = await runtime.run(makeBundle(lab, { config, env: ["BERTH_NETWORK=default"], script: "ip -o link" }));
    assert.match(asking.stdout, "eth0");
  } finally {
    await lab.destroy();
  }
});

test("poststop for a container that was never attached, and poststop twice: exit code 0 and silence", async () => {
  const lab = await makeLab();
  try {
    const bundle = makeBundle(lab);
    const state = JSON.stringify({ ociVersion: "1.0.2", id: bundle.id, status: "stopped", bundle: bundle.path });
    for (let round = 0; round < 2; round += 1) {
      const { runDir, stateDir } = berthDirs(lab);
      const args = ["poststop", "--run-dir", runDir, "--state-dir", stateDir];
      const ran = await lab.worker.execWith({ input: state }, `${import.meta.dir}/../../dist/berth`, ...args);
      assert.equal(ran, { code: 0, stdout: "", stderr: "" });
    }
  } finally {
    await lab.destroy();
  }
});

test.run();
