/** What a moment too early or too late would leave: half-written records, a signal at the lock, a route that nobody can set. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lockContainer } from "../../src/lease/lock.ts";
import type { ContainerId } from "../../src/net/address.ts";
import { type Bundle, berthDirs, makeBundle, repository } from "../lab/bundle.ts";
import { assertRefused, callHook, type HookName, runningHooks, sleeper, stateOf } from "../lab/hook.ts";
import { inLab } from "../lab/inLab.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, onlyRecord, records } from "../lab/look.ts";
import { until } from "../lab/until.ts";
import { outcomeOf } from "../outcome.ts";

const test = suite("interrupted");

/** createRuntime that is killed when it has written a record's new text and not yet given it its name. */
const killedWhileWriting = async (lab: Lab, bundle: Bundle, state: string): Promise<void> => {
  const options = { input: state, env: { BERTH_FAULT: "kill:temporary" } };
  const words = ["createRuntime", ...bundle.hookArgs];
  const killed = await lab.worker.execWith(options, `${repository}/dist/berth-test`, ...words);
  assert.match(killed.stderr, "ended by SIGKILL");
  const left = readdirSync(`${berthDirs(lab).runDir}/attachments/${bundle.id}`);
  assert.match(left.join(), /^eth0\.json\.\d+\.\d+\.tmp$/);
};

test("killed with -9 in the middle of writing its record: poststop leaves nothing of it", () =>
  inLab({}, async (lab) => {
    const container = await sleeper(lab.worker);
    const bundle = makeBundle(lab);
    const state = stateOf(bundle, container.pid);
    await killedWhileWriting(lab, bundle, state);
    assert.equal(await callHook(lab, "poststop", state, bundle), { code: 0, stdout: "", stderr: "" });
    await assertNothingLeft(lab);
    await container.stop("SIGKILL");
  }));

test("killed with -9 in the middle of writing its record: the next start of that id takes the leftover away", () =>
  inLab({}, async (lab) => {
    const container = await sleeper(lab.worker);
    const bundle = makeBundle(lab);
    const state = stateOf(bundle, container.pid);
    await killedWhileWriting(lab, bundle, state);
    assert.is((await callHook(lab, "createRuntime", state, bundle)).code, 0);
    assert.equal(readdirSync(`${berthDirs(lab).runDir}/attachments/${bundle.id}`), ["eth0.json"]);
    await callHook(lab, "poststop", state, bundle);
    await assertNothingLeft(lab);
    await container.stop("SIGKILL");
  }));

/** Runs a hook while somebody else has the container's lock, and tells it to stop. */
const stoppedAtLock = async (lab: Lab, name: HookName, state: string, bundle: Bundle): Promise<void> => {
  const { runDir, stateDir } = berthDirs(lab);
  const lock = outcomeOf(await lockContainer({ runDir, stateDir }, bundle.id as ContainerId, 0));
  const running = callHook(lab, name, state, bundle);
  const pid = await until(`${name} waits for the lock`, async () => {
    const [hook] = await runningHooks(lab, name);
    if (hook === undefined) return null;
    const open = await lab.worker.exec("sh", "-c", 'grep -h "^SigCgt" "/proc/$0/status"', String(hook));
    // SIGTERM is caught from right before the lock is asked for; bit 14 of the mask.
    const caught = BigInt(`0x${/[0-9a-f]{16}/.exec(open.stdout)?.[0] ?? "0"}`);
    return (caught & (1n << 14n)) !== 0n ? hook : null;
  });
  process.kill(pid, "SIGTERM");
  assertRefused(await running, name, /given up: stopped by SIGTERM while another berth was working on this container$/);
  lock.release();
};

test("SIGTERM while a hook waits for the container's lock: it gives up at once, not when the lock is free", () =>
  inLab({}, async (lab) => {
    const container = await sleeper(lab.worker);
    const bundle = makeBundle(lab);
    const state = stateOf(bundle, container.pid);
    await stoppedAtLock(lab, "createRuntime", state, bundle);
    await assertNothingLeft(lab);
    assert.is((await callHook(lab, "createRuntime", state, bundle)).code, 0);
    await stoppedAtLock(lab, "poststop", state, bundle);
    assert.is(records(lab).length, 1);
    await callHook(lab, "poststop", state, bundle);
    await assertNothingLeft(lab);
    await container.stop("SIGKILL");
  }));

test("a route of the lease that the kernel refuses keeps nobody from handing the lease back", () =>
  inLab({}, async (lab) => {
    const container = await sleeper(lab.worker);
    const bundle = makeBundle(lab);
    const state = stateOf(bundle, container.pid);
    assert.is((await callHook(lab, "createRuntime", state, bundle)).code, 0);
    const { id, ifname, mac, lease } = onlyRecord(lab);
    assert.equal(lab.server.leases(), [{ ip: lease?.address, mac }]);
    const path = `${berthDirs(lab).runDir}/attachments/${id}/${ifname}.json`;
    const record = JSON.parse(readFileSync(path, "utf8"));
    record.lease.routes.unshift({ to: "192.168.77.0/24", via: "10.99.99.1" });
    writeFileSync(path, JSON.stringify(record));
    assert.equal(await callHook(lab, "poststop", state, bundle), { code: 0, stdout: "", stderr: "" });
    await assertNothingLeft(lab);
    assert.not.ok(existsSync(path));
    await container.stop("SIGKILL");
  }));

test.run();
