/** The main job with every runtime and every DHCP server: an address before the first instruction, and handed back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBundle } from "../lab/bundle.ts";
import { fetchPage } from "../lab/fetchPage.ts";
import { inLab } from "../lab/inLab.ts";
import { assertNothingLeft, onlyRecord, ports } from "../lab/look.ts";
import { makeRuntime, type RuntimeName } from "../lab/runtime.ts";
import type { ServerKind } from "../lab/server.ts";

const servers: readonly ServerKind[] = ["dnsmasq", "isc", "kea"];
const runtimes: readonly RuntimeName[] = ["runc", "crun"];

/** The web server binds the leased address itself: that fails where the address is not there yet. */
const bindOwnAddress = 'exec httpd -f -h /www -p "$(ip -4 -o addr show eth0 | cut -d" " -f7 | cut -d/ -f1):80"';

const test = suite("a container's lease");

const firstLook = "ip -4 -o addr show eth0; echo; ip route; echo; cat /etc/resolv.conf; echo; cat /etc/hosts";

for (const server of servers) {
  for (const name of runtimes) {
    test(`${name}, ${server}: the first instruction sees address, prefix, route, DNS; the end gives all back`, () =>
      inLab({ server, domain: "lab.example", search: ["a.example", "b.example"] }, async (lab) => {
        const runtime = makeRuntime(lab, name);
        const bundle = makeBundle(lab, { hostname: "web1", script: firstLook });
        const ran = await runtime.run(bundle);
        assert.is(ran.stderr, "");
        const [address = "", routes = "", resolv = "", hosts = ""] = ran.stdout.split("\n\n");
        const ip = /inet (10\.88\.0\.\d+)\/24 brd 10\.88\.0\.255 .*eth0/.exec(address)?.[1];
        assert.ok(ip, address);
        assert.match(routes, "default via 10.88.0.1 dev eth0");
        assert.match(resolv, "search a.example b.example\nnameserver 10.88.0.1");
        assert.match(hosts, `${ip}\tweb1`);
        await assertNothingLeft(lab);
      }));

    test(`${name}, ${server}: a server that binds the address is reached from the LAN; kill -9 gives all back`, () =>
      inLab({ server }, async (lab) => {
        const runtime = makeRuntime(lab, name);
        const bundle = makeBundle(lab, { script: bindOwnAddress });
        const started = await runtime.start(bundle);
        assert.is(started.code, 0, started.stderr);
        const record = onlyRecord(lab);
        const ip = record.lease?.address ?? "";
        assert.equal(lab.server.leases(), [{ ip, mac: record.mac }]);
        assert.equal(await ports(lab.worker), [record.port]);
        assert.is(await fetchPage(lab.peer, ip), "berth");
        assert.is((await runtime.stop(bundle)).code, 0);
        await assertNothingLeft(lab);
      }));
  }
}

for (const server of servers) {
  test(`${server}: MTU, classless routes and a domain without search list are applied`, () =>
    inLab(
      {
        server,
        domain: "only.example",
        mtu: 1400,
        classless: [
          ["0.0.0.0/0", "10.88.0.1"],
          ["192.168.77.0/24", "10.88.0.9"],
        ],
      },
      async (lab) => {
        const bundle = makeBundle(lab, { script: "ip link show eth0; ip route; cat /etc/resolv.conf" });
        const ran = await makeRuntime(lab, "runc").run(bundle);
        assert.match(ran.stdout, "mtu 1400");
        assert.match(ran.stdout, "192.168.77.0/24 via 10.88.0.9 dev eth0");
        assert.match(ran.stdout, "default via 10.88.0.1 dev eth0");
        assert.match(ran.stdout, "search only.example\n");
      },
    ));
}

test("the address has the lifetime of its lease", () =>
  inLab({ leaseSeconds: 1200 }, async (lab) => {
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    await runtime.start(bundle);
    const [link] = JSON.parse((await runtime.inNetns(bundle, "ip", "-j", "-4", "addr", "show", "eth0")).stdout);
    const left = link.addr_info[0].valid_life_time;
    assert.ok(left > 1000 && left <= 1200, `${left} s`);
    await runtime.stop(bundle);
  }));

test("the pair has the bridge's MTU", () =>
  inLab({ bridgeMtu: 1450 }, async (lab) => {
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    await runtime.start(bundle);
    const { port, id } = onlyRecord(lab);
    const [link] = JSON.parse(await lab.worker.must("ip", "-j", "link", "show", port));
    assert.equal([link.mtu, link.master], [1450, "br0"]);
    assert.match(link.ifalias, new RegExp(`^berth:${id}:eth0@[0-9a-f]{8}$`));
    assert.match((await runtime.inNetns(bundle, "ip", "link", "show", "eth0")).stdout, "mtu 1450");
    await runtime.stop(bundle);
  }));

test("rapid commit: a lease in two messages", () =>
  inLab({ extra: ["--dhcp-rapid-commit"] }, async (lab) => {
    const capture = await lab.capture("udp", "port", "67");
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab, { config: '{"networks":{"default":{"bridge":"br0","dhcp":{"rapidCommit":true}}}}' });
    const started = await runtime.start(bundle);
    assert.is(started.code, 0, started.stderr);
    const text = await capture.stop();
    assert.match(text, "length 1: Discover");
    assert.match(text, "length 1: ACK");
    assert.not.match(text, "length 1: Request");
    await runtime.stop(bundle);
    await assertNothingLeft(lab);
  }));

test("a router off the prefix is reached by an on-link route", () =>
  inLab({ router: "10.77.0.1" }, async (lab) => {
    await lab.lan.must("ip", "address", "add", "10.77.0.1/32", "dev", "lan0");
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    await runtime.start(bundle);
    assert.match((await runtime.inNetns(bundle, "ip", "route")).stdout, "default via 10.77.0.1 dev eth0");
    const ip = onlyRecord(lab).lease?.address ?? "";
    const ping = await lab.lan.exec("ping", "-c", "1", "-W", "3", "-I", "10.77.0.1", ip);
    assert.is(ping.code, 0, ping.stdout);
    await runtime.stop(bundle);
    await assertNothingLeft(lab);
  }));

test("a static address goes the same way without DHCP", () =>
  inLab({ server: "none" }, async (lab) => {
    const annotations = { "io.berth.ip": "10.88.0.50/24@10.88.0.1", "io.berth.ifname": "net1" };
    const runtime = makeRuntime(lab, "runc");
    const script = "ip -4 -o addr show net1; ip route; exec httpd -f -h /www";
    const bundle = makeBundle(lab, { annotations, script });
    const started = await runtime.start(bundle);
    assert.is(started.code, 0, started.stderr);
    assert.equal(onlyRecord(lab).addresses, ["10.88.0.50/24"]);
    assert.match((await runtime.inNetns(bundle, "ip", "route")).stdout, "default via 10.88.0.1 dev net1");
    assert.is(await fetchPage(lab.peer, "10.88.0.50"), "berth");
    await runtime.stop(bundle);
    await assertNothingLeft(lab, lab.worker, false);
  }));

for (const server of servers) {
  test(`${server} behind a relay: lease and release`, () =>
    inLab({ server, relay: true }, async (lab) => {
      const runtime = makeRuntime(lab, "runc");
      const bundle = makeBundle(lab);
      const started = await runtime.start(bundle);
      assert.is(started.code, 0, started.stderr);
      const record = onlyRecord(lab);
      assert.is(record.lease?.server, "10.99.0.1");
      assert.equal(lab.server.leases(), [{ ip: record.lease?.address, mac: record.mac }]);
      await runtime.stop(bundle);
      await assertNothingLeft(lab);
    }));
}

test("the LAN reaches the container at once, although it remembers another MAC for the address", () =>
  inLab({ first: 10, last: 10 }, async (lab) => {
    await lab.peer.must(
      "ip",
      "neigh",
      "replace",
      "10.88.0.10",
      "lladdr",
      "02:00:00:00:00:99",
      "dev",
      "eth0",
      "nud",
      "reachable",
    );
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    await runtime.start(bundle);
    const { mac } = onlyRecord(lab);
    // Before any packet of the peer's: the announcement alone has corrected it.
    assert.match(await lab.peer.must("ip", "neigh", "show", "10.88.0.10"), mac);
    const ping = await lab.peer.exec("ping", "-c", "1", "-W", "1", "10.88.0.10");
    assert.is(ping.code, 0, ping.stdout);
    await runtime.stop(bundle);
  }));

test("a port that spanning tree holds back is waited for, and no DISCOVER is lost", () =>
  inLab({ stpForwardDelay: 200 }, async (lab) => {
    const capture = await lab.capture("udp", "port", "67");
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    const started = await runtime.start(bundle);
    assert.is(started.code, 0, started.stderr);
    await runtime.stop(bundle);
    await assertNothingLeft(lab);
    const text = await capture.stop();
    assert.is(text.match(/DHCP-Message \(53\), length 1: Discover/g)?.length, 1, text);
  }));

test.run();
