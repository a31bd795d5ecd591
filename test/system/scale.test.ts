/** Fifty containers at once, and the bridge that carries them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBundle } from "../lab/bundle.ts";
import { makeLab } from "../lab/lab.ts";
import { assertNothingLeft, records } from "../lab/look.ts";
import { makeRuntime, type RuntimeName } from "../lab/runtime.ts";

const test = suite("scale");

for (const name of ["runc", "crun"] as const satisfies readonly RuntimeName[]) {
  test(`${name}: fifty at once have fifty addresses and MACs, the bridge keeps its own, and all goes away at once`, async () => {
    const lab = await makeLab({ leaseSeconds: 3600 });
    try {
      const runtime = makeRuntime(lab, name);
      const bridgeMac = () => lab.worker.must("cat", "/sys/class/net/br0/address");
      const before = await bridgeMac();
      const bundles = Array.from({ length: 50 }, () => makeBundle(lab));
      const started = await Promise.all(bundles.map((bundle) => runtime.start(bundle)));
      assert.equal(
        started.filter(({ code }) => code !== 0).map(({ stderr }) => stderr),
        [],
      );
      assert.is(new Set(records(lab).map(({ mac }) => mac)).size, 50);
      assert.is(new Set(records(lab).map(({ lease }) => lease?.address)).size, 50);
      assert.is(lab.server.leases().length, 50);
      assert.is(await bridgeMac(), before, "the bridge's MAC with fifty containers");
      const stopped = await Promise.all(bundles.map((bundle) => runtime.stop(bundle)));
      assert.equal(
        stopped.filter(({ code }) => code !== 0).map(({ stderr }) => stderr),
        [],
      );
      await assertNothingLeft(lab);
      assert.is(await bridgeMac(), before, "the bridge's MAC afterwards");
    } finally {
      await lab.destroy();
    }
  });
}

test.run();
