// @limit 400
/** A lease is renewed for as long as its container lives, whatever the server does meanwhile. Leases are of seconds. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inLab } from "../lab/inLab.ts";
import { runContainer, startKeeper } from "../lab/keeper.ts";
import { events, onlyRecord } from "../lab/look.ts";
import { startServer } from "../lab/startServer.ts";
import { until } from "../lab/until.ts";

const isc = { server: "isc", leaseSeconds: 4 } as const;

const renewals = (lab: Parameters<typeof events>[0]) => events(lab).filter(({ event }) => event === "renewed");

test("a container keeps its address through twenty renewals, and a running ping loses no packet", () =>
  inLab({ ...isc, leaseSeconds: 3 }, async (lab) => {
    await startKeeper(lab);
    const container = await runContainer(lab);
    const before = await container.addresses();
    const { address } = onlyRecord(lab).lease ?? { address: "none" };
    const ping = lab.peer.daemon("ping", ["-i", "0.1", "-O", address]);
    await until("twenty renewals", () => renewals(lab).length >= 20, 60_000);
    await ping.stop("SIGINT");
    assert.equal(await container.addresses(), before);
    assert.match(ping.output(), ", 0% packet loss", ping.output());
    assert.not.match(ping.output(), "no answer yet");
    assert.equal(
      lab.server.leases().map(({ ip }) => ip),
      [address],
    );
  }));

test("renewal is unicast to the server, and the lease's times come from options 58 and 59", () =>
  inLab(
    { ...isc, leaseSeconds: 20, extra: ["option dhcp-renewal-time 2;", "option dhcp-rebinding-time 10;"] },
    async (lab) => {
      await startKeeper(lab);
      await runContainer(lab);
      const { lease, mac } = onlyRecord(lab);
      assert.equal([lease?.t1Seconds, lease?.t2Seconds], [2, 10]);
      const capture = await lab.capture("udp", "port", "67");
      await until("a renewal", () => renewals(lab).length >= 1, 20_000);
      await until("its packet is seen", () => capture.text().includes("BOOTP/DHCP, Request"));
      const text = await capture.stop();
      assert.match(text, new RegExp(`${mac} > `));
      assert.match(text, new RegExp(`${lease?.address}\\.68 > ${lab.network}\\.1\\.67: .*Request`));
      assert.not.match(text, "255.255.255.255.67");
    },
  ));

test("a server that is away over T1 and back before T2 renews", () =>
  inLab(
    { ...isc, leaseSeconds: 12, extra: ["option dhcp-renewal-time 2;", "option dhcp-rebinding-time 10;"] },
    async (lab) => {
      const keeper = await startKeeper(lab);
      const container = await runContainer(lab);
      const before = await container.addresses();
      await lab.server.stop();
      const sent = () => events(lab).filter(({ event }) => event === "renewed").length;
      const capture = await lab.capture("udp", "port", "67");
      await until("the keeper has asked in vain", () => capture.text().includes("BOOTP/DHCP, Request"), 15_000);
      await capture.stop();
      await lab.server.start();
      await until("it is renewed", () => sent() >= 1, 30_000);
      assert.equal(await container.addresses(), before);
      assert.equal(
        events(lab).filter(({ event }) => event === "lost"),
        [],
      );
      assert.not.ok(keeper.exited());
    },
  ));

test("after T2 another server of the same subnet takes the lease over", () =>
  inLab(
    { ...isc, leaseSeconds: 14, extra: ["option dhcp-renewal-time 2;", "option dhcp-rebinding-time 5;"] },
    async (lab) => {
      await startKeeper(lab);
      const container = await runContainer(lab);
      const before = await container.addresses();
      await lab.server.stop();
      const other = await startServer(
        lab.peer,
        {
          kind: "dnsmasq",
          network: lab.network,
          first: 10,
          last: 200,
          leaseSeconds: 120,
          interface: "eth0",
          router: `${lab.network}.1`,
          dns: [],
          domain: null,
          search: [],
          mtu: null,
          classless: [],
          authoritative: true,
          pingCheck: false,
          behindRelay: null,
          extra: [],
        },
        `${lab.directory}/other`,
      );
      lab.onDestroy(other.stop);
      const [renewed] = await until(
        "the other server's lease",
        () => {
          const all = renewals(lab).concat(events(lab).filter(({ event }) => event === "changed"));
          return all.length > 0 && all;
        },
        30_000,
      );
      assert.is(renewed?.["exchange"], "rebind");
      assert.equal(await container.addresses(), before);
      assert.is(onlyRecord(lab).lease?.server, `${lab.network}.2`);
      assert.equal(
        other.leases().map(({ ip }) => `${ip}/24`),
        before,
      );
    },
  ));

test("when the lease expires the address leaves, and comes back with the server", () =>
  inLab({ ...isc, leaseSeconds: 4 }, async (lab) => {
    await startKeeper(lab);
    const container = await runContainer(lab);
    const before = await container.addresses();
    await lab.server.stop();
    await until("the address is gone", async () => (await container.addresses()).length === 0, 20_000);
    await until("the record says so", () => onlyRecord(lab).state === "lost");
    await lab.server.start();
    await until("an address is back", async () => (await container.addresses()).length === 1, 90_000);
    await until("the record says so", () => onlyRecord(lab).state === "bound");
    assert.equal(await container.addresses(), before);
    assert.match(await container.inside("ip", "route"), `default via ${lab.network}.1`);
    assert.not.match(await container.inside("ip", "route"), "255.255.255.255");
    const { address } = onlyRecord(lab).lease ?? { address: "none" };
    await lab.peer.must("ping", "-c", "1", "-W", "5", address);
  }));

test("a pool that was renumbered (DHCPNAK): the new address, route and DNS are live within seconds and the old ones gone", () =>
  inLab({ first: 10, last: 19, extra: ["--dhcp-option=58,3", "--dhcp-option=59,90"] }, async (lab) => {
    const keeper = await startKeeper(lab);
    const container = await runContainer(lab);
    assert.is(onlyRecord(lab).lease?.t1Seconds, 3);
    const { network } = lab;
    await lab.server.start({ first: 100, last: 109, router: `${network}.2`, dns: [`${network}.2`] });
    await until("the new lease", () => /\.10[0-9]\//.test(onlyRecord(lab).addresses.join()), 30_000);
    await until("it is applied", () => onlyRecord(lab).replacing === null);
    const record = onlyRecord(lab);
    assert.equal(await container.addresses(), record.addresses);
    const routes = await container.inside("ip", "route");
    assert.match(routes, `default via ${network}.2`);
    assert.not.match(routes, `via ${network}.1 `);
    assert.not.match(routes, "255.255.255.255");
    const resolv = readFileSync(`/proc/${container.pid}/root/etc/resolv.conf`, "utf8");
    assert.match(resolv, `nameserver ${network}.2`);
    assert.not.match(resolv, `nameserver ${network}.1\n`);
    await lab.peer.must("ping", "-c", "1", "-W", "5", record.lease?.address ?? "none");
    const seen = events(lab).map(({ event }) => event);
    assert.ok(seen.includes("nak") && seen.includes("lost") && seen.includes("changed"), keeper.output());
  }));

test("a whole network that was renumbered is followed when the old lease has ended", () =>
  inLab({ ...isc, leaseSeconds: 6 }, async (lab) => {
    await startKeeper(lab);
    const container = await runContainer(lab);
    await lab.lan.must("ip", "address", "add", "10.89.0.1/24", "dev", "lan0");
    await lab.peer.must("ip", "address", "add", "10.89.0.2/24", "dev", "eth0");
    await lab.server.start({ network: "10.89.0", router: "10.89.0.2", dns: ["10.89.0.2"] });
    await until("the new lease", () => onlyRecord(lab).addresses.join().startsWith("10.89.0."), 30_000);
    await until("it is applied", () => onlyRecord(lab).replacing === null);
    assert.equal(await container.addresses(), onlyRecord(lab).addresses);
    const routes = await container.inside("ip", "route");
    assert.match(routes, "default via 10.89.0.2");
    assert.not.match(routes, "10.88.0.");
    await lab.peer.must("ping", "-c", "1", "-W", "5", onlyRecord(lab).lease?.address ?? "none");
  }));

test("a router, DNS server, search list, MTU and route that change at renewal are applied without losing the address", () =>
  inLab({ ...isc, leaseSeconds: 6 }, async (lab) => {
    await startKeeper(lab);
    const container = await runContainer(lab);
    const before = await container.addresses();
    const { address } = onlyRecord(lab).lease ?? { address: "none" };
    const ping = lab.peer.daemon("ping", ["-i", "0.1", "-O", address]);
    await lab.server.start({
      dns: [`${lab.network}.7`],
      search: ["example.net"],
      mtu: 1400,
      classless: [
        ["10.77.0.0/16", `${lab.network}.2`],
        ["0.0.0.0/0", `${lab.network}.2`],
      ],
    });
    await until("the change is recorded", () => events(lab).some(({ event }) => event === "changed"), 30_000);
    await ping.stop("SIGINT");
    assert.equal(await container.addresses(), before);
    const routes = await container.inside("ip", "route");
    assert.match(routes, `10.77.0.0/16 via ${lab.network}.2`);
    assert.match(routes, `default via ${lab.network}.2`);
    assert.not.match(routes, `via ${lab.network}.1`);
    const resolv = readFileSync(`/proc/${container.pid}/root/etc/resolv.conf`, "utf8");
    assert.match(resolv, `nameserver ${lab.network}.7`);
    assert.match(resolv, "search example.net");
    assert.match(await container.inside("ip", "link", "show", "eth0"), "mtu 1400");
    assert.match(ping.output(), ", 0% packet loss", ping.output());
  }));

test("a renewal that grants another address of the same prefix leaves no instant without one", () =>
  inLab({ server: "none" }, async (lab) => {
    await lab.lan.must("ip", "route", "replace", "255.255.255.255/32", "dev", "lan0");
    const server = lab.lan.daemon(process.execPath, [`${import.meta.dir}/../lab/fakeServer.ts`, "move"]);
    lab.onDestroy(() => server.stop());
    await until("the server serves", () => server.output().includes("serving"));
    const container = await runContainer(lab);
    // What makes the kernel delete the secondaries with their primary (ip-sysctl.rst).
    for (const name of ["all", "eth0"])
      assert.is(await container.inside("sysctl", "-n", `net.ipv4.conf.${name}.promote_secondaries`), "0");
    assert.equal(await container.addresses(), ["10.88.0.77/24"]);
    const monitor = lab.worker.daemon("nsenter", [
      "-t",
      String(container.pid),
      "-n",
      "--",
      "ip",
      "-o",
      "-4",
      "monitor",
      "address",
    ]);
    const keeper = await startKeeper(lab);
    const changes = () => events(lab).filter(({ event }) => event === "changed");
    await until("it has moved four times", () => changes().length >= 4, 30_000);
    await keeper.stop();
    await monitor.stop();
    const present = new Set(["10.88.0.77/24"]);
    let moves = 0;
    for (const row of monitor.output().split("\n")) {
      const address = /inet (\S+)/.exec(row)?.[1];
      if (address === undefined) continue;
      if (row.startsWith("Deleted")) present.delete(address);
      else present.add(address);
      if (row.startsWith("Deleted")) moves += 1;
      assert.ok(present.size > 0, `without an address after: ${row}`);
    }
    assert.ok(moves >= 4, monitor.output());
    assert.equal(await container.addresses(), onlyRecord(lab).addresses);
    assert.match(await container.inside("ip", "route"), "default via 10.88.0.1");
    await lab.peer.must("ping", "-c", "1", "-W", "5", onlyRecord(lab).lease?.address ?? "none");
  }));

test.run();
