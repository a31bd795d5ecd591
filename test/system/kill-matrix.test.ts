// @limit 400
/**
 * Killed with -9 at every step: the hooks, the collector, the keeper. Afterwards, and after a round of garbage collection
 * (or a new keeper), nothing is left that should not be, nothing is missing that should be there, and the server agrees.
 */
import { readFileSync, utimesSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs, makeBundle, repository } from "../lab/bundle.ts";
import { callHook, sleeper, stateOf } from "../lab/hook.ts";
import { inLab } from "../lab/inLab.ts";
import { berth, runContainer, startKeeper } from "../lab/keeper.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, onlyRecord } from "../lab/look.ts";
import { until } from "../lab/until.ts";

const faulty = `${repository}/dist/berth-test`;
let cases = 0;

const killedAt = async (lab: Lab, point: string, input: string, ...words: readonly string[]): Promise<void> => {
  const ran = await lab.worker.execWith({ input, env: { BERTH_FAULT: `kill:${point}` } }, faulty, ...words);
  assert.match(ran.stderr, "ended by SIGKILL", point);
  cases += 1;
};

const collect = async (lab: Lab): Promise<void> => {
  const { code, stderr } = await berth(lab, "gc");
  assert.equal([code, stderr], [0, ""]);
};

const hookPoints = ["temporary", "registered", "plugged", "requested", "acquired", "configured", "recorded"] as const;

for (const container of ["lives", "has ended"] as const) {
  test(`createRuntime killed at each of ${hookPoints.length} points; the container ${container}`, () =>
    inLab({}, async (lab) => {
      for (const point of hookPoints) {
        const holder = await sleeper(lab.worker);
        const bundle = makeBundle(lab);
        await killedAt(lab, point, stateOf(bundle, holder.pid), "createRuntime", ...bundle.hookArgs);
        if (container === "has ended") await holder.stop("SIGKILL");
        if (point === "temporary") {
          // Young leftovers may be somebody's work in progress.
          await collect(lab);
          const path = `${berthDirs(lab).runDir}/attachments/${bundle.id}`;
          for (const name of (await lab.worker.must("ls", path)).split("\n")) utimesSync(`${path}/${name}`, 0, 0);
        }
        if (point === "recorded" && container === "lives") {
          // All was done: the container has its network, and keeps it.
          await collect(lab);
          assert.is(onlyRecord(lab).state, "bound");
          await callHook(lab, "poststop", stateOf(bundle, 0), bundle);
        }
        await collect(lab);
        await assertNothingLeft(lab);
        if (container === "lives") await holder.stop("SIGKILL");
      }
    }));
}

test("poststop and the collector killed at each of their points", () =>
  inLab({}, async (lab) => {
    for (const [words, points] of [
      [["poststop"], ["unplugged", "released"]],
      [["gc"], ["gc-collecting", "unplugged", "released"]],
    ] as const) {
      for (const point of points) {
        const holder = await sleeper(lab.worker);
        const bundle = makeBundle(lab);
        assert.is((await callHook(lab, "createRuntime", stateOf(bundle, holder.pid), bundle)).code, 0);
        await holder.stop("SIGKILL");
        await killedAt(lab, point, stateOf(bundle, 0), ...words, ...bundle.hookArgs);
        await collect(lab);
        await assertNothingLeft(lab);
      }
    }
  }));

const settled = async (lab: Lab, container: Awaited<ReturnType<typeof runContainer>>, what: string): Promise<void> => {
  await until(
    `${what}: the record is whole`,
    () => {
      const record = onlyRecord(lab);
      return record.state === "bound" && record.replacing === null && record.lease !== null;
    },
    30_000,
  );
  const record = onlyRecord(lab);
  await until(
    `${what}: the interface is as recorded`,
    async () => (await container.addresses()).join() === record.addresses.join(),
  );
  const routes = await container.inside("ip", "route");
  for (const { to, via } of record.routes)
    assert.match(routes, `${to === "0.0.0.0/0" ? "default" : to} via ${via}`, what);
  assert.is(routes.match(/^default/gm)?.length, 1, what);
  assert.equal(
    lab.server.leases().map(({ ip }) => ip),
    [record.lease?.address],
    what,
  );
  const resolv = readFileSync(`/proc/${container.pid}/root/etc/resolv.conf`, "utf8");
  for (const server of record.dns) assert.match(resolv, `nameserver ${server}`, what);
  await lab.peer.must("ping", "-c", "1", "-W", "5", record.lease?.address ?? "none");
};

/** The keeper dies at `point`, and another one goes on. */
const keeperKilledAt = async (lab: Lab, point: string, provoke: () => Promise<unknown>): Promise<void> => {
  const faultyKeeper = await startKeeper(lab, { fault: `kill:${point}`, config: { gc: { every: 1 } } });
  await provoke();
  await until(`the keeper reaches ${point}`, () => faultyKeeper.exited(), 40_000);
  assert.not.match(faultyKeeper.output(), "stopped");
  cases += 1;
};

const goOn = async (lab: Lab, container: Awaited<ReturnType<typeof runContainer>>, point: string): Promise<void> => {
  const next = await startKeeper(lab, { config: { gc: { every: 1 } } });
  const before = onlyRecord(lab).boundAtBootMs ?? 0;
  await until(`after ${point} the next keeper renews`, () => (onlyRecord(lab).boundAtBootMs ?? 0) > before, 40_000);
  await settled(lab, container, point);
  await next.stop();
};

test("the keeper killed at each step of a renewal that changes nothing", () =>
  inLab({ server: "isc", leaseSeconds: 6 }, async (lab) => {
    const container = await runContainer(lab);
    const before = await container.addresses();
    for (const point of [
      "keeper-due",
      "keeper-asking",
      "keeper-sent",
      "keeper-acked",
      "keeper-applied",
      "keeper-recorded",
    ]) {
      await keeperKilledAt(lab, point, async () => {});
      await goOn(lab, container, point);
      assert.equal(await container.addresses(), before, point);
    }
    await container.stop();
    await assertNothingLeft(lab);
  }));

test("the keeper killed at each step of a renewal that changes router and DNS", () =>
  inLab({ server: "isc", leaseSeconds: 6 }, async (lab) => {
    const container = await runContainer(lab);
    const before = await container.addresses();
    let other = false;
    for (const point of ["keeper-acked", "keeper-noted", "keeper-applied", "keeper-recorded"]) {
      await keeperKilledAt(lab, point, () => {
        other = !other;
        const host = other ? 2 : 1;
        return lab.server.start({ router: `${lab.network}.${host}`, dns: [`${lab.network}.${host}`] });
      });
      await goOn(lab, container, point);
      assert.equal(await container.addresses(), before, point);
      assert.equal(onlyRecord(lab).dns, [`${lab.network}.${other ? 2 : 1}`], point);
    }
    await container.stop();
    await assertNothingLeft(lab);
  }));

test("the keeper killed at each step of losing a lease (DHCPNAK) and getting another", () =>
  inLab({ first: 10, last: 19, extra: ["--dhcp-option=58,3", "--dhcp-option=59,90"] }, async (lab) => {
    const container = await runContainer(lab);
    let other = false;
    for (const point of [
      "keeper-noted",
      "keeper-asking",
      "keeper-sent",
      "keeper-acked",
      "keeper-applied",
      "keeper-recorded",
    ]) {
      await keeperKilledAt(lab, point, async () => {
        // The keeper that is to die sees the refusal as its first exchange.
        other = !other;
        await lab.server.stop();
        await lab.lan.must("rm", "-f", `${lab.directory}/dnsmasq/leases`);
        await lab.server.start(other ? { first: 100, last: 109 } : { first: 10, last: 19 });
      });
      await goOn(lab, container, point);
      assert.match(onlyRecord(lab).addresses.join(), other ? /\.10[0-9]\/24$/ : /\.1[0-9]\/24$/, point);
    }
    await container.stop();
    await assertNothingLeft(lab);
  }));

test("all cases were run", () => {
  assert.is(cases, 2 * hookPoints.length + 5 + 6 + 4 + 6);
});

test.run();
