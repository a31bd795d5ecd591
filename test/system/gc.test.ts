// @limit 400
/** Garbage: what nobody needs any more is found and put right, and nothing else is touched. */
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs, makeBundle, repository } from "../lab/bundle.ts";
import { inLab } from "../lab/inLab.ts";
import { berth, runContainer } from "../lab/keeper.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, ports, records } from "../lab/look.ts";
import { networkOf } from "../lab/snapshot.ts";
import { until } from "../lab/until.ts";

type Row = { kind: string; outcome: string; message: string };

const gc = async (lab: Lab, ...options: readonly string[]): Promise<readonly Row[]> => {
  const ran = await berth(lab, "gc", "--json", ...options);
  assert.is(ran.stderr, "");
  return JSON.parse(ran.stdout);
};

/** Kills the container's process as a crash would: no runtime calls any hook. */
const crash = async (lab: Lab, container: Awaited<ReturnType<typeof runContainer>>): Promise<void> => {
  process.kill(container.pid, "SIGKILL");
  await until("its process is gone", async () => {
    const { stdout } = await lab.worker.exec("ps", "-o", "stat=", "-p", String(container.pid));
    return stdout.trim() === "" || stdout.startsWith("Z");
  });
};

test("with nothing to collect nothing is said and nothing touched", () =>
  inLab({}, async (lab) => {
    const container = await runContainer(lab);
    const before = await networkOf(lab.worker);
    assert.equal(await gc(lab), []);
    assert.equal(await networkOf(lab.worker), before);
    assert.is(records(lab).length, 1);
    await container.stop();
    await assertNothingLeft(lab);
  }));

for (const name of ["runc", "crun"] as const) {
  test(`${name}: the lease of a container that died without its hook goes back; a second round finds nothing`, () =>
    inLab({}, async (lab) => {
      const container = await runContainer(lab, {}, name);
      const address = onlyRecord(lab).lease?.address;
      await crash(lab, container);
      assert.equal(
        (await gc(lab, "--dry-run")).map(({ kind, outcome }) => [kind, outcome]),
        [["ended", "reported"]],
      );
      assert.is(records(lab).length, 1);
      const [row] = await gc(lab);
      assert.is(row?.outcome, "done");
      assert.match(row?.message ?? "", `${address}/24 was released`);
      await assertNothingLeft(lab);
      assert.equal(await gc(lab), []);
      assert.ok(events(lab).some(({ event }) => event === "garbage"));
    }));
}

test("a lease whose server cannot be reached is kept on record and released in a later round", () =>
  inLab({}, async (lab) => {
    const container = await runContainer(lab);
    await crash(lab, container);
    await lab.lan.must("ip", "link", "set", "lan0", "down");
    const failed = await berth(lab, "gc", "--json");
    assert.is(failed.code, 1);
    assert.is(JSON.parse(failed.stdout)[0]?.outcome, "failed");
    assert.is(records(lab).length, 1);
    assert.equal(await ports(lab.worker), []);
    await lab.lan.must("ip", "link", "set", "lan0", "up");
    await until(
      "the LAN forwards again",
      async () => (await lab.worker.exec("cat", "/sys/class/net/uplink/carrier")).stdout === "1",
    );
    await lab.peer.must("ping", "-c", "1", "-W", "5", `${lab.network}.1`);
    assert.is((await gc(lab))[0]?.outcome, "done");
    await assertNothingLeft(lab);
  }));

test("a port, claim, lock, file and directory without a record are removed; a stranger's port with such a name is not", () =>
  inLab({}, async (lab) => {
    const { runDir } = berthDirs(lab);
    const container = await runContainer(lab);
    const { id } = container.bundle;
    const { mac } = onlyRecord(lab);
    await lab.worker.must("rm", "-r", `${runDir}/attachments/${id}`);
    await lab.worker.must("ip", "link", "add", "bt00000000", "type", "veth", "peer", "name", "bt00000001");
    await lab.worker.must("ip", "link", "set", "bt00000000", "alias", `berth:${id}:eth7`);
    writeFileSync(`${runDir}/locks/somebody.lock`, "");
    mkdirSync(`${runDir}/files/gone`, { recursive: true });
    writeFileSync(`${runDir}/files/gone/resolv.conf`, "");
    mkdirSync(`${runDir}/files/young`);
    const old = new Date(Date.now() - 120_000);
    utimesSync(`${runDir}/files/gone`, old, old);
    const found = await gc(lab);
    assert.equal(found.map(({ kind, outcome }) => `${kind} ${outcome}`).sort(), [
      "stray-claim done",
      "stray-files done",
      "stray-port done",
    ]);
    assert.equal([...(await ports(lab.worker))].sort(), ["bt00000000", "bt00000001"]);
    assert.not.ok(existsSync(`${runDir}/macs/${mac}`));
    assert.equal(readdirSync(`${runDir}/locks`), []);
    assert.equal(readdirSync(`${runDir}/files`), ["young"]);
  }));

test("ports that another run directory's berth made are not this one's garbage", () =>
  inLab({}, async (lab) => {
    const container = await runContainer(lab);
    const other = await lab.worker.exec(
      `${repository}/dist/berth`,
      ...["gc", "--json", "--config", berthDirs(lab).configFile, "--run-dir", `${lab.directory}/elsewhere`],
    );
    assert.equal([other.code, JSON.parse(other.stdout)], [0, []]);
    assert.is((await ports(lab.worker)).length, 1);
    await container.stop();
    await assertNothingLeft(lab);
  }));

test("files that are mounted in a running container stay, however old", () =>
  inLab({}, async (lab) => {
    const { runDir } = berthDirs(lab);
    const files = `${runDir}/files/mounted`;
    mkdirSync(files, { recursive: true });
    writeFileSync(`${files}/resolv.conf`, "nameserver 10.0.0.1\n");
    const mount = { destination: "/etc/resolv.conf", source: `${files}/resolv.conf`, type: "bind", options: ["bind"] };
    await runContainer(lab, { mounts: [mount], hooks: false });
    const old = new Date(Date.now() - 120_000);
    utimesSync(files, old, old);
    assert.equal(await gc(lab), []);
    assert.ok(existsSync(`${files}/resolv.conf`));
  }));

test("a record that cannot be read is named, kept while its port lives, and moved aside after it", () =>
  inLab({}, async (lab) => {
    const { runDir } = berthDirs(lab);
    const container = await runContainer(lab);
    const other = await runContainer(lab);
    const path = `${runDir}/attachments/${container.bundle.id}/eth0.json`;
    writeFileSync(path, "{");
    const [row, ...more] = await gc(lab);
    assert.is(more.length, 0);
    assert.equal([row?.kind, row?.outcome], ["unreadable", "reported"]);
    assert.match(row?.message ?? "", path);
    await crash(lab, container);
    await until("its port is gone", async () => (await ports(lab.worker)).length === 1);
    assert.equal(
      (await gc(lab)).map(({ kind, outcome }) => [kind, outcome]),
      [["unreadable", "done"]].concat([]),
    );
    assert.ok(existsSync(`${runDir}/broken/${container.bundle.id}.eth0.json`));
    assert.equal(
      records(lab).map(({ id }) => id),
      [other.bundle.id],
    );
  }));

const damages = {
  "its port was taken off the bridge": (port: string) => [["ip", "link", "set", port, "nomaster"]],
  "its port is down": (port: string) => [["ip", "link", "set", port, "down"]],
  "its port was deleted": (port: string) => [["ip", "link", "del", port]],
} as const;

const inside = {
  "its interface is down": ["ip", "link", "set", "eth0", "down"],
  "its address was removed": ["ip", "address", "flush", "dev", "eth0"],
  "its route was removed": ["ip", "route", "del", "default"],
} as const;

const assertRepaired = async (lab: Lab, container: Awaited<ReturnType<typeof runContainer>>): Promise<void> => {
  const { lease, addresses } = onlyRecord(lab);
  assert.equal(
    (await gc(lab)).map(({ kind, outcome }) => [kind, outcome]),
    [["broken", "done"]],
  );
  assert.equal(await gc(lab), []);
  assert.equal(await container.addresses(), addresses);
  assert.match(await container.inside("ip", "route"), `default via ${lab.network}.1`);
  await lab.peer.must("ping", "-c", "1", "-W", "5", lease?.address ?? "none");
  const [address] = JSON.parse(await container.inside("ip", "-j", "-4", "address", "show", "dev", "eth0"));
  const left = address.addr_info[0].valid_life_time;
  assert.ok(left > 0 && left <= (lease?.leaseSeconds ?? 0), `the kernel keeps the address for ${left} s`);
};

for (const [what, commands] of Object.entries(damages)) {
  test(`a living container is repaired: ${what}`, () =>
    inLab({}, async (lab) => {
      const container = await runContainer(lab);
      for (const [program = "", ...args] of commands(onlyRecord(lab).port)) await lab.worker.must(program, ...args);
      await assertRepaired(lab, container);
      await container.stop();
      await assertNothingLeft(lab);
    }));
}

for (const [what, [program, ...args]] of Object.entries(inside)) {
  test(`a living container is repaired: ${what}`, () =>
    inLab({}, async (lab) => {
      const container = await runContainer(lab);
      await container.inside(program, ...args);
      await assertRepaired(lab, container);
    }));
}

test('"gc": {"broken": "report"} only tells, "stop" ends the container', () =>
  inLab({}, async (lab) => {
    const container = await runContainer(lab);
    const { port } = onlyRecord(lab);
    const configure = (broken: string) =>
      writeFileSync(berthDirs(lab).configFile, `{"networks":{"default":{"bridge":"br0"}},"gc":{"broken":"${broken}"}}`);
    await lab.worker.must("ip", "link", "set", port, "nomaster");
    configure("report");
    assert.equal(
      (await gc(lab)).map(({ kind, outcome }) => [kind, outcome]),
      [["broken", "reported"]],
    );
    assert.equal((await gc(lab)).length, 1);
    configure("stop");
    assert.equal(
      (await gc(lab)).map(({ kind, outcome }) => [kind, outcome]),
      [["broken", "done"]],
    );
    await until(
      "the container has ended",
      async () => (await lab.worker.exec("test", "-e", `/proc/${container.pid}/root/bin`)).code !== 0,
    );
  }));

test("two hundred rounds while twenty containers at a time start and stop: never a false positive", () =>
  inLab({}, async (lab) => {
    makeBundle(lab);
    let rounds = 0;
    let lives = 0;
    /** One after the other until the rounds are done; each, while it lives, has what it was given. */
    const churn = async (): Promise<void> => {
      do {
        const container = await runContainer(lab);
        const path = `${berthDirs(lab).runDir}/attachments/${container.bundle.id}/eth0.json`;
        assert.is((await container.addresses()).length, 1);
        assert.ok(existsSync(path), `the record of ${container.bundle.id} is gone while it lives`);
        await container.stop();
        lives += 1;
      } while (rounds < 200);
    };
    const collecting = async (): Promise<void> => {
      try {
        for (let round = 0; round < 200; round += 1) {
          const found = await gc(lab);
          // What `runc kill` has just ended and `runc delete` has not yet taken down is truly the collector's.
          assert.equal(
            found.filter(({ kind, outcome }) => kind !== "ended" || outcome !== "done"),
            [],
          );
          rounds += 1;
        }
      } finally {
        rounds = 200;
      }
    };
    // All of them come to their end before anything is taken down, also where one fails.
    const ends = await Promise.allSettled([collecting(), ...Array.from({ length: 20 }, churn)]);
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    assert.ok(lives >= 20, `${lives} containers`);
    await assertNothingLeft(lab);
  }));

test.run();
