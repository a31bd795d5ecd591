/** DHCP servers that lie: names that are none, and answers damaged on the wire. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBundle } from "../lab/bundle.ts";
import { assertOneLine, callHook, sleeper, stateOf } from "../lab/hook.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { assertNothingLeft, onlyRecord } from "../lab/look.ts";
import { networkOf, privateEtc, treeOf } from "../lab/snapshot.ts";
import { until } from "../lab/until.ts";

const test = suite("hostile servers");

const fake = async (lab: Lab, ...args: readonly string[]) => {
  await lab.lan.must("ip", "route", "replace", "255.255.255.255/32", "dev", "lan0");
  const server = lab.lan.daemon(process.execPath, [`${import.meta.dir}/../lab/fakeServer.ts`, ...args]);
  lab.onDestroy(() => server.stop());
  await until("the fake server serves", () => server.output().includes("serving"));
  return server;
};

test("a host name, domain, search list, router, MTU or DNS server that is none is dropped, never written", async () => {
  const lab = await makeLab({ server: "none" });
  try {
    await fake(lab, "names");
    const container = await sleeper(lab.worker);
    const bundle = makeBundle(lab, { hostname: "web1" });
    const ran = await callHook(lab, "createRuntime", stateOf(bundle, container.pid), bundle);
    assert.is(ran.code, 0, ran.stderr);
    assert.is(
      readFileSync(`${bundle.rootfs}/etc/resolv.conf`, "utf8"),
      "# Written by berth for the network default.\nnameserver 10.88.0.1\n",
    );
    assert.match(readFileSync(`${bundle.rootfs}/etc/hosts`, "utf8"), /^10\.88\.0\.77\tweb1\t# berth eth0$/m);
    const { lease } = onlyRecord(lab);
    assert.equal([lease?.mtu, lease?.routes, lease?.search], [null, [], []]);
    await callHook(lab, "poststop", stateOf(bundle, container.pid), bundle);
    await assertNothingLeft(lab, lab.worker, false);
    await container.stop("SIGKILL");
  } finally {
    await lab.destroy();
  }
});

test("damaged answers: the hook ends, succeeds or fails on one line, and changes nothing but its own", async () => {
  const seed = Number(process.env["BERTH_FUZZ_SEED"] ?? Date.now() % 1_000_000);
  const lab = await makeLab({ server: "none" });
  try {
    const etc = await privateEtc(lab, lab.worker);
    const before = { network: await networkOf(lab.worker), etc: treeOf(etc) };
    const config = '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":1}}}}';
    let attached = 0;
    for (let round = 0; round < 25; round += 1) {
      const about = `BERTH_FUZZ_SEED=${seed}, round ${round}`;
      const server = await fake(lab, "fuzz", String(seed + round));
      const container = await sleeper(lab.worker);
      const bundle = makeBundle(lab, { config });
      const ran = await callHook(lab, "createRuntime", stateOf(bundle, container.pid), bundle);
      if (ran.code === 0) attached += 1;
      else assertOneLine(ran, about);
      const resolv = ran.code === 0 ? onlyRecord(lab).dns.join(" ") : "";
      assert.ok(/^[0-9a-f.: ]*$/.test(resolv), `${about}: ${resolv}`);
      const stopped = await callHook(lab, "poststop", stateOf(bundle, container.pid), bundle);
      assert.is(stopped.code, 0, about);
      await assertNothingLeft(lab, lab.worker, false);
      await container.stop("SIGKILL");
      await server.stop();
    }
    assert.ok(attached > 0, `no answer was left whole enough (seed ${seed})`);
    assert.equal(await networkOf(lab.worker), before.network);
    assert.equal(treeOf(etc), before.etc);
  } finally {
    await lab.destroy();
  }
});

test.run();
