/** The same podman container again: what keeps its MAC and address, and what does not; many at the same time. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fetchPage } from "../lab/fetchPage.ts";
import type { Lab } from "../lab/lab.ts";
import { assertClean, onlyRecord, ports, records } from "../lab/look.ts";
import { withPodman } from "../lab/podman.ts";

const test = suite("podman, again");

const none = ["--net", "none"] as const;
const server = ["httpd", "-f", "-h", "/www"] as const;

const seen = (lab: Lab) => {
  const { mac, lease, identity, pid } = onlyRecord(lab);
  return { mac, address: lease?.address ?? "", identity, pid };
};

for (const runtime of ["runc", "crun"] as const) {
  for (const [what, words, identity] of [
    ["a host name", ["--hostname", "web1"], "hostname:web1"],
    ["io.berth.identity", ["--annotation", "io.berth.identity=shop/web1"], "identity:shop/web1"],
  ] as const) {
    test(
      `${runtime}: by ${what} a container is the same after restart, and after rm and run: same MAC, same address`,
      withPodman({ runtime }, async (lab, { must, image }) => {
        const run = ["run", "-d", "--name", "web1", ...none, ...words, image, ...server] as const;
        await must(...run);
        const first = seen(lab);
        assert.is(first.identity, identity);
        await must("restart", "--time", "0", "web1");
        const second = seen(lab);
        assert.equal({ ...second, pid: 0 }, { ...first, pid: 0 });
        assert.is.not(second.pid, first.pid);
        assert.is(await fetchPage(lab.peer, second.address), "berth");
        await must("rm", "-f", "--time", "0", "web1");
        await assertClean(lab);
        await must(...run);
        assert.equal({ ...seen(lab), pid: 0 }, { ...first, pid: 0 });
        assert.equal(lab.server.leases(), [{ ip: first.address, mac: first.mac }]);
        await must("rm", "-f", "--time", "0", "web1");
        await assertClean(lab);
      }),
    );
  }

  test(
    `${runtime}: twenty at once: twenty MACs, twenty addresses, all reached, nothing left`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      const names = Array.from({ length: 20 }, (_, index) => `web${index}`);
      const words = (name: string) => ["--name", name, "--hostname", name, ...none, image, ...server];
      await Promise.all(names.map((name) => must("run", "-d", ...words(name))));
      const leases = lab.server.leases();
      const ofRecords = records(lab).map(({ mac, lease }) => ({ ip: lease?.address ?? "", mac }));
      const byIp = (a: { readonly ip: string }, b: { readonly ip: string }) => a.ip.localeCompare(b.ip);
      assert.equal([...ofRecords].sort(byIp), [...leases].sort(byIp));
      assert.is(new Set(leases.map(({ mac }) => mac)).size, 20);
      assert.is(new Set(leases.map(({ ip }) => ip)).size, 20);
      assert.is((await ports(lab.worker)).length, 20);
      for (const { ip } of leases) assert.is(await fetchPage(lab.peer, ip), "berth");
      await must("rm", "-f", "--time", "0", ...names);
      await assertClean(lab);
    }),
  );
}

test(
  "runc: podman's --name alone is told to no hook: without a host name or an identity each start is a new container",
  withPodman({}, async (lab, { must, image }) => {
    await must("run", "-d", "--name", "web1", ...none, image, ...server);
    const first = seen(lab);
    await must("restart", "--time", "0", "web1");
    const second = seen(lab);
    assert.equal([first.identity, second.identity], [null, null]);
    assert.is.not(second.mac, first.mac);
    await must("rm", "-f", "--time", "0", "web1");
    await assertClean(lab);
  }),
);

test.run();
