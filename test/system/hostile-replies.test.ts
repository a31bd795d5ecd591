/** What a DHCP server can say that is wrong, one thing at a time: the hook ends, and does to the host nothing at all. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Lease } from "../../src/dhcp/lease.ts";
import { type Bundle, berthDirs, makeBundle } from "../lab/bundle.ts";
import { assertRefused, callHook, sleeper, stateOf } from "../lab/hook.ts";
import type { Daemon } from "../lab/host.ts";
import { type Case, cases } from "../lab/hostileReplies.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { assertNothingLeft, onlyRecord } from "../lab/look.ts";
import { networkOf, privateEtc, treeOf } from "../lab/snapshot.ts";
import { until } from "../lab/until.ts";

const test = suite("hostile replies");

/** What must succeed has all the time that a slow machine takes; what must fail is waited for. */
const configFor = (outcome: Case["outcome"]): string =>
  `{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":${outcome === "attached" ? 10 : 0.5}}}}}`;
const host = "[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?";
const resolvLine = new RegExp(
  `^(# Written by berth for the network default\\.|search ${host}( ${host})*|nameserver [0-9.]+|)$`,
);
const hostsLine = /^(10\.88\.0\.\d+\tweb1\t# berth eth0|127\.0\.0\.1\tlocalhost|::1\tlocalhost|)$/;

const fake = async (lab: Lab, name: string, daemons: Daemon[]): Promise<Daemon> => {
  const server = lab.lan.daemon(process.execPath, [`${import.meta.dir}/../lab/hostileReplies.ts`, name]);
  daemons.push(server);
  await until("the fake server serves", () => server.output().includes("serving"));
  return server;
};

/** Only what resolv.conf(5) and hosts(5) can hold, whatever the server said. */
const assertFiles = ({ rootfs }: Bundle, about: string): void => {
  const resolv = readFileSync(`${rootfs}/etc/resolv.conf`, "utf8");
  for (const row of resolv.split("\n")) assert.match(row, resolvLine, `${about}: resolv.conf: ${JSON.stringify(row)}`);
  for (const row of readFileSync(`${rootfs}/etc/hosts`, "utf8").split("\n"))
    assert.match(row, hostsLine, `${about}: hosts: ${JSON.stringify(row)}`);
};

/** Whether the server that was told of the lease is the one that hears the release. */
const releasable = (lease: Lease): boolean => lease.server === "10.88.0.1" && lease.address !== "10.88.0.1";

const assertOutcome = async (lab: Lab, name: string, expected: Case["outcome"], daemons: Daemon[]): Promise<void> => {
  const server = await fake(lab, name, daemons);
  const container = await sleeper(lab.worker);
  daemons.push(container);
  // No address remembered from the case before: what is tested is the answer to a DISCOVER.
  rmSync(berthDirs(lab).stateDir, { recursive: true, force: true });
  const bundle = makeBundle(lab, { config: configFor(expected), hostname: "web1" });
  writeFileSync(`${bundle.rootfs}/etc/resolv.conf`, "");
  writeFileSync(`${bundle.rootfs}/etc/hosts`, "");
  const state = stateOf(bundle, container.pid);
  const ran = await callHook(lab, "createRuntime", state, bundle);
  if (expected === "attached") assert.is(ran.code, 0, ran.stderr);
  if (expected === "refused" || ran.code !== 0) assertRefused(ran, name);
  if (ran.code === 0) {
    assertFiles(bundle, name);
    const { mac, lease } = onlyRecord(lab);
    const stopped = await callHook(lab, "poststop", state, bundle);
    assert.is(stopped.code, 0);
    if (lease !== null && releasable(lease)) {
      assert.is(stopped.stderr, "");
      const released = `type 7 ciaddr ${lease.address} chaddr ${mac}`;
      await until("the release arrives", () => server.output().includes(released), 10_000);
    }
  } else {
    assert.is(readFileSync(`${bundle.rootfs}/etc/resolv.conf`, "utf8"), "");
    const links = await lab.worker.must("nsenter", "-t", String(container.pid), "-n", "--", "ip", "-o", "link");
    assert.is(links.split("\n").length, 1, links);
    // What the server may have granted goes back to it.
    if (server.output().includes("type 3 "))
      await until(`a release after: ${ran.stderr}`, () => server.output().includes("type 7 "), 10_000);
  }
  await assertNothingLeft(lab, lab.worker, false);
};

// A few at a time in one lab: each case has the network to itself.
const names = Object.keys(cases);
for (let at = 0; at < names.length; at += 16) {
  const some = names.slice(at, at + 16);
  test(`${some[0]} … ${some.at(-1)}`, async () => {
    const lab = await makeLab({ server: "none" });
    try {
      await lab.peer.must("sysctl", "-qw", "net.ipv4.ip_forward=1");
      for (const which of ["all", "eth0"])
        await lab.peer.must("sysctl", "-qw", `net.ipv4.conf.${which}.send_redirects=0`);
      await lab.lan.must("ip", "route", "replace", "255.255.255.255/32", "dev", "lan0");
      const etc = await privateEtc(lab, lab.worker);
      const before = { network: await networkOf(lab.worker), etc: treeOf(etc) };
      const failures: string[] = [];
      for (const name of some) {
        const daemons: Daemon[] = [];
        try {
          await assertOutcome(lab, name, cases[name]?.outcome ?? "either", daemons);
        } catch (thrown) {
          failures.push(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
        }
        for (const daemon of daemons) await daemon.stop("SIGKILL");
      }
      assert.equal(failures, []);
      assert.equal(await networkOf(lab.worker), before.network);
      assert.equal(treeOf(etc), before.etc);
    } finally {
      await lab.destroy();
    }
  });
}

test.run();
