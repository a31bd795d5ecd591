/** The same container again: same MAC, same address, and where the server allows it not one DISCOVER. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBundle } from "../lab/bundle.ts";
import { makeLab } from "../lab/lab.ts";
import { onlyRecord } from "../lab/look.ts";
import { makeRuntime, type RuntimeName } from "../lab/runtime.ts";
import type { ServerKind } from "../lab/server.ts";
import { until } from "../lab/until.ts";

const test = suite("restart");

const discovers = (text: string): number => text.match(/length 1: Discover/g)?.length ?? 0;
const requests = (text: string): number => text.match(/length 1: Request/g)?.length ?? 0;

/**
 * Whether a server confirms an address that was released to whoever had it last. Kea 2.2 deletes a released lease and then
 * refuses (NAK), so that the same address costs a DISCOVER there.
 */
const confirmsReleased: Readonly<Record<ServerKind, boolean>> = { dnsmasq: true, isc: true, kea: false };

for (const server of ["dnsmasq", "isc", "kea"] as const) {
  for (const name of ["runc", "crun"] as const satisfies readonly RuntimeName[]) {
    test(`${name}, ${server}: with an identity the MAC and the address stay`, async () => {
      const lab = await makeLab({ server });
      try {
        const runtime = makeRuntime(lab, name);
        const once = async () => {
          const bundle = makeBundle(lab, { hostname: "web1" });
          const started = await runtime.start(bundle);
          assert.is(started.code, 0, started.stderr);
          const { mac, lease } = onlyRecord(lab);
          await runtime.stop(bundle);
          await until("the lease is released", () => lab.server.leases().length === 0);
          return { mac, address: lease?.address };
        };
        const first = await once();
        const capture = await lab.capture("udp", "port", "67");
        assert.equal(await once(), first);
        const text = await capture.stop();
        assert.ok(requests(text) > 0, text);
        assert.is(discovers(text) === 0, confirmsReleased[server], text);
      } finally {
        await lab.destroy();
      }
    });
  }
}

test("without an identity every start has a new MAC of the scheme", async () => {
  const lab = await makeLab();
  try {
    await lab.worker.must("ip", "address", "add", "10.88.0.3/24", "dev", "br0");
    const runtime = makeRuntime(lab, "runc");
    const macs = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      const bundle = makeBundle(lab);
      await runtime.start(bundle);
      const { mac } = onlyRecord(lab);
      // XX:IP:IP:IP:YY:ZZ with the bridge's 10.88.0.3 in the middle, locally administered and unicast.
      assert.match(mac, /^.[26ae]:58:00:03:..:..$/);
      macs.add(mac);
      await runtime.stop(bundle);
    }
    assert.is(macs.size, 5);
  } finally {
    await lab.destroy();
  }
});

test("two containers with one identity at the same time have two MACs and two addresses", async () => {
  const lab = await makeLab();
  try {
    const runtime = makeRuntime(lab, "runc");
    const bundles = [0, 1, 2, 3].map(() => makeBundle(lab, { hostname: "web1" }));
    const started = await Promise.all(bundles.map((bundle) => runtime.start(bundle)));
    assert.equal(
      started.map(({ code }) => code),
      [0, 0, 0, 0],
    );
    const leases = lab.server.leases();
    assert.is(new Set(leases.map(({ mac }) => mac)).size, 4);
    assert.is(new Set(leases.map(({ ip }) => ip)).size, 4);
    for (const bundle of bundles) await runtime.stop(bundle);
  } finally {
    await lab.destroy();
  }
});

test("a MAC that the network has seen on somebody else is not used: the next candidate is", async () => {
  const lab = await makeLab();
  try {
    const runtime = makeRuntime(lab, "runc");
    const macOfStart = async () => {
      const bundle = makeBundle(lab, { hostname: "web1" });
      const started = await runtime.start(bundle);
      assert.is(started.code, 0, started.stderr);
      const { mac } = onlyRecord(lab);
      await runtime.stop(bundle);
      return mac;
    };
    const first = await macOfStart();
    assert.is(await macOfStart(), first);
    await lab.worker.must("bridge", "fdb", "add", first, "dev", "uplink", "master", "static");
    const second = await macOfStart();
    assert.is.not(second, first, "the bridge's forwarding table has it");
    const away = ["neigh", "replace", "10.88.0.99", "lladdr", second, "dev", "br0", "nud", "permanent"];
    await lab.worker.must("ip", ...away);
    const third = await macOfStart();
    assert.ok(third !== first && third !== second, "the neighbour table has it");
  } finally {
    await lab.destroy();
  }
});

test("a server that does not know the address any more is asked anew, within the time limit", async () => {
  const lab = await makeLab({ authoritative: false });
  try {
    const runtime = makeRuntime(lab, "runc");
    const addresses: (string | undefined)[] = [];
    for (let round = 0; round < 2; round += 1) {
      const bundle = makeBundle(lab, { hostname: "web1" });
      const started = await runtime.start(bundle);
      assert.is(started.code, 0, started.stderr);
      addresses.push(onlyRecord(lab).lease?.address);
      await runtime.stop(bundle);
      await until("the lease is released", () => lab.server.leases().length === 0);
    }
    assert.is(addresses[0], addresses[1]);
  } finally {
    await lab.destroy();
  }
});

test("a pool that was renumbered meanwhile: NAK, and an address of the new pool", async () => {
  const lab = await makeLab({ first: 10, last: 20 });
  try {
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab, { hostname: "web1" });
    await runtime.start(bundle);
    await runtime.stop(bundle);
    await lab.server.start({ first: 100, last: 120 });
    const again = makeBundle(lab, { hostname: "web1" });
    assert.is((await runtime.start(again)).code, 0);
    assert.match(onlyRecord(lab).lease?.address ?? "", /^10\.88\.0\.1[01][0-9]$|^10\.88\.0\.120$/);
    await runtime.stop(again);
  } finally {
    await lab.destroy();
  }
});

test.run();
