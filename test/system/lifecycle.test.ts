/** Hooks that are killed, doubled, orphaned or misplaced. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Bundle, berthDirs, makeBundle, repository } from "../lab/bundle.ts";
import { removeCgroups } from "../lab/cgroups.ts";
import type { Host } from "../lab/host.ts";
import { inLab } from "../lab/inLab.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, pidOf, ports, records } from "../lab/look.ts";
import { makeRuntime } from "../lab/runtime.ts";
import { until } from "../lab/until.ts";

const test = suite("a hook's life");

/** A process in an empty network namespace, as a runtime leaves it to its hooks. */
const sandbox = async (lab: Lab) => {
  const holder = lab.worker.daemon("unshare", ["-n", "sh", "-c", "echo here; exec sleep infinity"]);
  lab.onDestroy(() => holder.stop("SIGKILL"));
  await until("the sandbox", () => holder.output().includes("here"));
  return holder;
};

const stateOf = (bundle: Bundle, pid: number, status = "creating"): string =>
  JSON.stringify({ ociVersion: "1.0.2", id: bundle.id, status, pid, bundle: bundle.path });

const hook = (lab: Lab, command: string, bundle: Bundle, pid: number, host: Host = lab.worker) => {
  const state = stateOf(bundle, pid);
  const words = [`${repository}/dist/berth`, command, ...bundle.hookArgs];
  const [program = "", ...args] = words;
  return host.execWith({ input: state }, program, ...args);
};

/** The pid of the hook that works for this lab, once it asks for a lease. */
const waitingHook = (lab: Lab): Promise<number> =>
  until("a hook that asks for a lease", async () => {
    const { runDir } = berthDirs(lab);
    const found = await lab.worker.exec("pgrep", "-f", `^berth createRuntime .*${runDir}`);
    const state = await lab.worker.exec("sh", "-c", "cat /sys/class/net/bt*/brport/state");
    return state.stdout === "3" && found.code === 0 ? Number(found.stdout.split("\n")[0]) : null;
  });

const isGone = async (lab: Lab, pid: number): Promise<boolean> =>
  (await lab.worker.exec("kill", "-0", String(pid))).code !== 0;

test("runc is killed with -9 while the hook waits: the orphan notices, undoes and ends", () =>
  inLab({ server: "none" }, async (lab) => {
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    const running = runtime.run(bundle);
    const pid = await waitingHook(lab);
    const parent = (await lab.worker.must("ps", "-o", "ppid=", "-p", String(pid))).trim();
    await lab.worker.must("kill", "-KILL", parent);
    await running;
    try {
      await until("the orphan has ended", () => isGone(lab, pid));
      assert.match(String(events(lab).at(-1)?.["message"]), /the container's process \d+ is gone/);
      await assertNothingLeft(lab, lab.worker, false);
    } finally {
      removeCgroups(bundle.id);
    }
  }));

test("a lease that is granted after the container died goes back", () =>
  inLab({}, async (lab) => {
    const holder = await sandbox(lab);
    const bundle = makeBundle(lab);
    const state = stateOf(bundle, holder.pid);
    // It stops itself right before its REQUEST leaves, and meanwhile the container dies.
    const options = { input: state, env: { BERTH_FAULT: "stop:requested" } };
    const running = lab.worker.execWith(options, `${repository}/dist/berth-test`, "createRuntime", ...bundle.hookArgs);
    const pid = await until("the hook has stopped itself", async () => {
      const found = await lab.worker.exec(
        "pgrep",
        "-f",
        "--runstates",
        "T",
        `createRuntime .*${berthDirs(lab).runDir}`,
      );
      return found.code === 0 ? found.stdout.split("\n")[0] : null;
    });
    await holder.stop("SIGKILL");
    await lab.worker.must("kill", "-CONT", pid);
    assert.is((await running).code, 1);
    assert.match(lab.server.log(), "DHCPREQUEST");
    await assertNothingLeft(lab);
  }));

/** A port that does not yet forward what it says it does loses a frame, which is then sent again: seconds for nothing. */
test("sixty starts and stops, and nothing has to be sent twice", () =>
  inLab({}, async (lab) => {
    const capture = await lab.capture("arp or udp port 67 or udp port 68");
    const rounds = 60;
    for (let round = 0; round < rounds; round += 1) {
      const holder = await sandbox(lab);
      const bundle = makeBundle(lab);
      for (const command of ["createRuntime", "poststop"]) {
        const { code, stderr } = await hook(lab, command, bundle, holder.pid);
        assert.equal([code, stderr], [0, ""], command);
      }
      await holder.stop("SIGKILL");
    }
    await assertNothingLeft(lab);
    const text = await until("all releases are seen", () => {
      const seen = capture.text();
      return (seen.match(/DHCP-Message \(53\), length 1: Release/g)?.length ?? 0) >= rounds ? seen : null;
    });
    const count = (what: RegExp): number => text.match(what)?.length ?? 0;
    assert.equal(
      {
        discovers: count(/length 1: Discover/g),
        requests: count(/length 1: Request/g),
        releases: count(/length 1: Release/g),
        asked: count(/who-has 10\.88\.0\.1 tell/g),
      },
      { discovers: rounds, requests: rounds, releases: rounds, asked: rounds },
    );
  }));

test("killed with -9 after its REQUEST: poststop releases what the server granted", () =>
  inLab({}, async (lab) => {
    const holder = await sandbox(lab);
    const bundle = makeBundle(lab);
    const state = stateOf(bundle, holder.pid);
    for (const point of ["registered", "plugged", "requested", "acquired", "configured", "recorded"]) {
      const options = { input: state, env: { BERTH_FAULT: `kill:${point}` } };
      const killed = await lab.worker.execWith(
        options,
        `${repository}/dist/berth-test`,
        "createRuntime",
        ...bundle.hookArgs,
      );
      assert.match(killed.stderr, "ended by SIGKILL", point);
      assert.is(records(lab).length, 1, point);
      const stopped = await hook(lab, "poststop", bundle, holder.pid);
      assert.equal(stopped, { code: 0, stdout: "", stderr: "" }, point);
      await assertNothingLeft(lab);
    }
  }));

test("poststop killed with -9 half-way is finished by the next one", () =>
  inLab({}, async (lab) => {
    const bundle = makeBundle(lab);
    for (const point of ["unplugged", "released"]) {
      const holder = await sandbox(lab);
      assert.is((await hook(lab, "createRuntime", bundle, holder.pid)).code, 0);
      const state = stateOf(bundle, 0, "stopped");
      const options = { input: state, env: { BERTH_FAULT: `kill:${point}` } };
      const killed = await lab.worker.execWith(
        options,
        `${repository}/dist/berth-test`,
        "poststop",
        ...bundle.hookArgs,
      );
      assert.match(killed.stderr, "ended by SIGKILL", point);
      assert.equal(await hook(lab, "poststop", bundle, 0), { code: 0, stdout: "", stderr: "" }, point);
      await assertNothingLeft(lab);
      await holder.stop("SIGKILL");
    }
  }));

test("the shipped executable knows nothing of fault injection", () =>
  inLab({}, async (lab) => {
    const holder = await sandbox(lab);
    const bundle = makeBundle(lab);
    const state = stateOf(bundle, holder.pid);
    const options = { input: state, env: { BERTH_FAULT: "kill:plugged" } };
    const ran = await lab.worker.execWith(options, `${repository}/dist/berth`, "createRuntime", ...bundle.hookArgs);
    assert.is(ran.code, 0, ran.stderr);
  }));

test("two createRuntime for one container at the same time: one wins, the other says so", () =>
  inLab({}, async (lab) => {
    const holder = await sandbox(lab);
    const bundle = makeBundle(lab);
    const both = await Promise.all([0, 1].map(() => hook(lab, "createRuntime", bundle, holder.pid)));
    assert.equal(both.map(({ code }) => code).sort(), [0, 1]);
    assert.match(
      both.find(({ code }) => code === 1)?.stderr ?? "",
      /already attached: eth0 is bound with 10\.88\.0\.\d+\/24/,
    );
    assert.is((await ports(lab.worker)).length, 1);
    assert.is(lab.server.leases().length, 1);
  }));

test("createRuntime again after success: already attached, and nothing is broken", () =>
  inLab({}, async (lab) => {
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    await runtime.start(bundle);
    const before = onlyRecord(lab);
    const again = await hook(lab, "createRuntime", bundle, pidOf(before));
    assert.is(again.code, 1);
    assert.match(again.stderr, "already attached");
    assert.equal(onlyRecord(lab), before);
    const ping = await lab.peer.exec("ping", "-c", "1", "-W", "2", before.lease?.address ?? "");
    assert.is(ping.code, 0);
    await runtime.stop(bundle);
    await assertNothingLeft(lab);
  }));

test("a predecessor of the same name that died without poststop is cleaned up by the next start", () =>
  inLab({}, async (lab) => {
    const bundle = makeBundle(lab);
    const first = await sandbox(lab);
    assert.is((await hook(lab, "createRuntime", bundle, first.pid)).code, 0);
    const old = onlyRecord(lab);
    await first.stop("SIGKILL");
    const second = await sandbox(lab);
    const again = await hook(lab, "createRuntime", bundle, second.pid);
    assert.is(again.code, 0, again.stderr);
    const { mac } = onlyRecord(lab);
    assert.equal(
      lab.server.leases().map((lease) => lease.mac),
      [mac],
    );
    assert.is.not(mac, old.mac);
  }));

test("a record that makes no sense does not keep a container from stopping, and is kept", () =>
  inLab({}, async (lab) => {
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    await runtime.start(bundle);
    const { runDir } = berthDirs(lab);
    await lab.worker.must(
      "sh",
      "-c",
      'head -c 100 "$0" >"$0.cut" && mv "$0.cut" "$0"',
      `${runDir}/attachments/${bundle.id}/eth0.json`,
    );
    assert.is((await runtime.stop(bundle)).code, 0);
    assert.equal(await ports(lab.worker), []);
    assert.equal(records(lab), []);
    assert.match(String(events(lab).at(-1)?.["message"]), "it is not JSON");
    await lab.worker.must("test", "-s", `${runDir}/broken/${bundle.id}.eth0.json`);
  }));

test("a hook inside the container's own network namespace: one clear line, nothing touched", () =>
  inLab({}, async (lab) => {
    const holder = await sandbox(lab);
    const bundle = makeBundle(lab);
    const state = stateOf(bundle, holder.pid);
    const inside = [
      "-t",
      String(holder.pid),
      "-n",
      "--",
      `${repository}/dist/berth`,
      "createRuntime",
      ...bundle.hookArgs,
    ];
    const ran = await lab.worker.execWith({ input: state }, "nsenter", ...inside);
    assert.is(ran.code, 1);
    assert.match(
      ran.stderr,
      /^berth: createRuntime \S+: this hook was started inside the container's own network namespace.*$/,
    );
    await assertNothingLeft(lab);
  }));

test("a silent DHCP server makes no stop fail, nor hang", () =>
  inLab({}, async (lab) => {
    const runtime = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    await runtime.start(bundle);
    const { lease } = onlyRecord(lab);
    await lab.lan.must("ip", "link", "set", "lan0", "down");
    const stopped = await runtime.stop(bundle);
    assert.is(stopped.code, 0, stopped.stderr);
    assert.match(String(events(lab).at(-1)?.["message"]), `${lease?.address} was not released: 10.88.0.1`);
    await assertNothingLeft(lab, lab.worker, false);
  }));

test("an address that somebody else uses is declined, with conflict detection", () =>
  inLab({ first: 10, last: 11 }, async (lab) => {
    // Both addresses but one are taken by a host that the server knows nothing of.
    const capture = await lab.capture("udp", "port", "67");
    await lab.peer.must("ip", "address", "add", "10.88.0.10/32", "dev", "eth0");
    const config = '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":30,"conflictDetection":true}}}}';
    const annotations = { "io.berth.mac": "02:00:00:00:00:10" };
    await lab.server.start({ extra: ["--dhcp-host=02:00:00:00:00:10,10.88.0.10"] });
    const bundle = makeBundle(lab, { config, annotations });
    const runtime = makeRuntime(lab, "runc");
    const started = await runtime.start(bundle);
    const text = await capture.stop();
    assert.match(text, "length 1: Decline");
    assert.is(started.code, 0, started.stderr);
    assert.is(onlyRecord(lab).lease?.address, "10.88.0.11");
    await runtime.stop(bundle);
  }));

test.run();
