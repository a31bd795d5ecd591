/** `berth renew`, `berth release` and `berth events`, with and without a keeper. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../lab/bundle.ts";
import { inLab } from "../lab/inLab.ts";
import { berth, keeperWords, runContainer, startKeeper } from "../lab/keeper.ts";
import { assertNothingLeft, events, onlyRecord } from "../lab/look.ts";
import { until } from "../lab/until.ts";

for (const keeper of [true, false]) {
  const how = keeper ? "by the keeper" : "without a keeper";
  test(`renew prolongs a lease of an hour at once, ${how}`, () =>
    inLab({ server: "isc" }, async (lab) => {
      if (keeper) await startKeeper(lab);
      const container = await runContainer(lab);
      const before = onlyRecord(lab);
      const capture = await lab.capture("udp", "port", "67");
      const ran = await berth(lab, "renew", container.bundle.id.slice(0, 6));
      assert.equal([ran.code, ran.stderr], [0, ""]);
      assert.match(ran.stdout, new RegExp(`^${container.bundle.id} eth0: ${before.addresses[0]} for 3(600|59\\d) s$`));
      assert.match(await capture.stop(), `${before.lease?.address}.68 > ${lab.network}.1.67`);
      const after = onlyRecord(lab);
      assert.ok((after.boundAtBootMs ?? 0) > (before.boundAtBootMs ?? 0));
      assert.equal(after.addresses, before.addresses);
    }));

  test(`release takes the address away and gives it back; renew asks again; stopping is quiet, ${how}`, () =>
    inLab({ server: "isc" }, async (lab) => {
      if (keeper) await startKeeper(lab);
      const container = await runContainer(lab);
      const before = await container.addresses();
      const { id } = container.bundle;
      const released = await berth(lab, "release", id);
      assert.is(released.code, 0, released.stderr);
      assert.is(released.stdout, `${id} eth0: ${before[0]} was released`);
      assert.match(released.stderr, "runs on without an address");
      await until("the server has it back", () => lab.server.leases().length === 0);
      assert.equal(await container.addresses(), []);
      assert.is(onlyRecord(lab).state, "released");
      assert.equal(JSON.parse((await berth(lab, "gc", "--json")).stdout), []);
      const renewed = await berth(lab, "renew", id, "--json");
      assert.is(renewed.code, 0, renewed.stderr);
      const [answer] = JSON.parse(renewed.stdout);
      assert.equal([answer.container, answer.ifname, answer.done], [id, "eth0", true]);
      assert.is((await container.addresses()).length, 1);
      assert.is(onlyRecord(lab).state, "bound");
      await berth(lab, "release", id);
      const stopped = await container.stop();
      assert.equal([stopped.code, stopped.stderr], [0, ""]);
      await assertNothingLeft(lab);
    }));
}

test("what cannot be renewed or released says why in one line", () =>
  inLab({ server: "isc" }, async (lab) => {
    const fixed = await runContainer(lab, { annotations: { "io.berth.ip": "10.88.0.9/24@10.88.0.1" } });
    const leased = await runContainer(lab);
    const refused = async (says: RegExp, ...words: readonly string[]) => {
      const ran = await berth(lab, ...words);
      assert.is(ran.code, 1);
      assert.match(ran.stderr, new RegExp(`^berth: ${words[0]}: [\\x20-\\x7e]+$`));
      assert.match(ran.stderr, says);
    };
    await refused(/static/, "renew", fixed.bundle.id);
    await refused(/static/, "release", fixed.bundle.id);
    await refused(/no container "nobody"/, "renew", "nobody");
    await refused(/has no interface "eth9": it has eth0/, "renew", "-i", "eth9", leased.bundle.id);
    await lab.server.stop();
    await refused(/no DHCP server answered within 15 s/, "renew", leased.bundle.id);
    assert.is((await leased.addresses()).length, 1);
  }));

test("events: lines for people, JSON for programs, one container's, and those to come; rotated logs are read whole", () =>
  inLab({ server: "isc" }, async (lab) => {
    const first = await runContainer(lab);
    const all = await berth(lab, "events");
    assert.match(
      all.stdout,
      new RegExp(
        `^\\S+Z attached       ${first.bundle.id} default eth0 10\\.88\\.0\\.\\d+/24 \\S+ \\([\\d.]+ ms\\)$`,
        "m",
      ),
    );
    const json = (await berth(lab, "events", "--json")).stdout.split("\n").map((row) => JSON.parse(row));
    assert.equal(json, events(lab));
    const following = lab.worker.daemon(`${repository}/dist/berth`, ["events", "-f", ...keeperWords(lab)]);
    await until("what was is shown", () => following.output().includes(first.bundle.id));
    const runDir = `${lab.directory}/run`;
    await lab.worker.must("mv", `${runDir}/events.jsonl`, `${runDir}/events.jsonl.1`);
    const second = await runContainer(lab);
    await until("what came is shown", () => following.output().includes(second.bundle.id));
    await following.stop("SIGTERM");
    assert.is(following.output().split(first.bundle.id).length, 2);
    const ofSecond = (await berth(lab, "events", second.bundle.id)).stdout;
    assert.match(ofSecond, second.bundle.id);
    assert.not.match(ofSecond, first.bundle.id);
    assert.match((await berth(lab, "events")).stdout, first.bundle.id);
  }));

test.run();
