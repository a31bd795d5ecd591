/** The test ground itself: what the other system tests stand on. */
import { existsSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBundle } from "../lab/bundle.ts";
import { makeLab } from "../lab/lab.ts";
import { makeRuntime } from "../lab/runtime.ts";
import type { ServerKind } from "../lab/server.ts";
import { until } from "../lab/until.ts";

const test = suite("the lab");

const servers: readonly ServerKind[] = ["dnsmasq", "isc", "kea"];

for (const server of servers) {
  test(`${server} grants a lease to a client on the worker's bridge and takes it back`, async () => {
    const lab = await makeLab({ server });
    try {
      await lab.worker.must("ip", "link", "add", "client0", "type", "veth", "peer", "name", "client1");
      await lab.worker.must("ip", "link", "set", "client0", "master", "br0", "up");
      await lab.worker.must("ip", "link", "set", "client1", "up");
      const quiet = ["-i", "client1", "-f", "-s", "/bin/true", "-t", "10", "-T", "1", "-R"];
      const client = lab.worker.daemon("udhcpc", quiet);
      const [lease] = await until(
        "a lease",
        () => (lab.server.leases().length === 1 ? lab.server.leases() : null),
        20_000,
      );
      assert.match(lease?.ip ?? "", /^10\.88\.0\./);
      await client.stop();
    } finally {
      await lab.destroy();
    }
    assert.not.ok(existsSync(lab.directory));
  });
}

for (const name of ["runc", "crun"] as const) {
  test(`${name} runs a container on the worker`, async () => {
    const lab = await makeLab({ server: "none" });
    try {
      const runtime = makeRuntime(lab, name);
      const ran = await runtime.run(makeBundle(lab, { hooks: false, args: ["/bin/echo", "hello"] }));
      assert.is(ran.stderr, "");
      assert.is(ran.stdout, "hello");
      const bundle = makeBundle(lab, { hooks: false });
      assert.is((await runtime.start(bundle)).code, 0);
      assert.match((await runtime.inNetns(bundle, "ip", "-br", "link")).stdout, "lo");
      assert.is((await runtime.stop(bundle)).code, 0);
    } finally {
      await lab.destroy();
    }
  });
}

test.run();
