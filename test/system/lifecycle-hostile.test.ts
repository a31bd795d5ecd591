/** Runtimes and hooks that die at a bad moment, and what a hook leaves open; and that the traps of other tests bite. */
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBundle } from "../lab/bundle.ts";
import { removeCgroups } from "../lab/cgroups.ts";
import { assertRefused, callHook, executable, hookWords, runningHooks, sleeper, stateOf } from "../lab/hook.ts";
import { startDaemon } from "../lab/host.ts";
import { inLab } from "../lab/inLab.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, records } from "../lab/look.ts";
import { makeRuntime } from "../lab/runtime.ts";
import { until } from "../lab/until.ts";

const test = suite("hooks at bad moments");

const slow = '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":60}}}}';

/** The hook of this lab, once it has a record and therefore something to undo. */
const waiting = (lab: Lab): Promise<number> =>
  until("a hook that waits for its lease", async () => {
    const [pid] = await runningHooks(lab);
    return pid !== undefined && records(lab).length === 1 ? pid : null;
  });

const ended = (lab: Lab): Promise<boolean> =>
  until("the hook has ended", async () => (await runningHooks(lab)).length === 0, 15_000);

/** Pids of processes that have this file open. */
const holders = (path: string): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
      } catch {
        return false;
      }
    })
    .map(Number);

for (const name of ["runc", "crun"] as const) {
  test(`${name} is killed with -9 while its hook waits: nothing is left, and the next start works`, () =>
    inLab({ server: "none" }, async (lab) => {
      const bundle = makeBundle(lab, { config: slow });
      const root = `${lab.directory}/${name}-${lab.worker.name}`;
      const runtime = lab.worker.daemon(name, ["--root", root, "run", "--bundle", bundle.path, bundle.id]);
      try {
        await waiting(lab);
        await runtime.stop("SIGKILL");
        await ended(lab);
        assert.match(String(events(lab).at(-1)?.["message"]), /the container's process \d+ is gone/);
        await assertNothingLeft(lab, lab.worker, false);
        await makeRuntime(lab, name).delete(bundle);
        await assertNothingLeft(lab, lab.worker, false);
      } finally {
        await runtime.stop("SIGKILL");
        removeCgroups(bundle.id);
      }
    }));
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`${signal} while the hook waits: undone, exit code 1, one line`, () =>
    inLab({ server: "none" }, async (lab) => {
      const container = await sleeper(lab.worker);
      const bundle = makeBundle(lab, { config: slow });
      const running = callHook(lab, "createRuntime", stateOf(bundle, container.pid), bundle);
      process.kill(await waiting(lab), signal);
      assertRefused(await running, signal, /interrupted|stopped by/);
      await assertNothingLeft(lab, lab.worker, false);
      await container.stop("SIGKILL");
    }));
}

test("killed with -9 while it waits: poststop leaves nothing, and says nothing", () =>
  inLab({ server: "none" }, async (lab) => {
    const container = await sleeper(lab.worker);
    const bundle = makeBundle(lab, { config: slow });
    const state = stateOf(bundle, container.pid);
    const running = callHook(lab, "createRuntime", state, bundle);
    process.kill(await waiting(lab), "SIGKILL");
    await running;
    assert.is(records(lab)[0]?.state, "acquiring");
    assert.equal(await callHook(lab, "poststop", state, bundle), { code: 0, stdout: "", stderr: "" });
    await assertNothingLeft(lab, lab.worker, false);
    await container.stop("SIGKILL");
  }));

test("a container that dies while its REQUEST lies at the server: what is granted afterwards goes back", () =>
  inLab({}, async (lab) => {
    const bundle = makeBundle(lab, { config: slow, hostname: "web1" });
    const first = await sleeper(lab.worker);
    assert.is((await callHook(lab, "createRuntime", stateOf(bundle, first.pid), bundle)).code, 0);
    const address = onlyRecord(lab).lease?.address ?? "";
    await callHook(lab, "poststop", stateOf(bundle, first.pid), bundle);
    await first.stop("SIGKILL");
    await assertNothingLeft(lab);
    // The second life asks for the same address at once (INIT-REBOOT), and the server stands still.
    const server = Number(readFileSync(`${lab.directory}/dnsmasq/pid`, "utf8"));
    const granted = () =>
      lab.server
        .log()
        .split("\n")
        .filter((row) => row.includes(`DHCPACK(lan0) ${address}`)).length;
    assert.is(granted(), 1);
    process.kill(server, "SIGSTOP");
    try {
      const second = await sleeper(lab.worker);
      const running = callHook(lab, "createRuntime", stateOf(bundle, second.pid), bundle);
      await until("the REQUEST has left", () => records(lab)[0]?.requested?.address === address);
      await second.stop("SIGKILL");
      assertRefused(await running, "the container died", /is gone/);
    } finally {
      process.kill(server, "SIGCONT");
    }
    await until("the server has granted it", () => granted() === 2);
    await assertNothingLeft(lab);
  }));

test("what a hook had for stdin, stdout and stderr is closed when it has ended, whichever way", () =>
  inLab({ server: "none" }, async (lab) => {
    const container = await sleeper(lab.worker);
    const bundle = makeBundle(lab, { config: slow });
    const input = `${lab.directory}/stdin`;
    const output = `${lab.directory}/output`;
    writeFileSync(input, stateOf(bundle, container.pid));
    closeSync(openSync(output, "w"));
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const script = 'exec "$@" <"$0/stdin" >>"$0/output" 2>&1';
      const hook = startDaemon([
        ...lab.worker.prefix,
        "sh",
        "-c",
        script,
        lab.directory,
        ...hookWords(lab, "createRuntime", bundle),
      ]);
      const pid = await waiting(lab);
      assert.equal(holders(output), [pid], "the hook has its own output open");
      process.kill(pid, signal);
      await until("the hook has ended", () => hook.exited());
      assert.equal([...holders(output), ...holders(input)], [], signal);
    }
    await callHook(lab, "poststop", stateOf(bundle, container.pid), bundle);
    await assertNothingLeft(lab, lab.worker, false);
    await container.stop("SIGKILL");
  }));

test("names of interfaces that ip(8) has a meaning for are names", () =>
  inLab({}, async (lab) => {
    const container = await sleeper(lab.worker);
    for (const ifname of ["net", "a", "up", "dev", "mtu", "help", "type"]) {
      const bundle = makeBundle(lab, { annotations: { "io.berth.ifname": ifname } });
      const state = stateOf(bundle, container.pid);
      const ran = await callHook(lab, "createRuntime", state, bundle);
      assert.is(ran.code, 0, `${ifname}: ${ran.stderr}`);
      const inside = ["-t", String(container.pid), "-n", "--", "ip", "-4", "-o", "address", "show", "dev", ifname];
      assert.match(await lab.worker.must("nsenter", ...inside), "inet 10.88.0.");
      assert.is((await callHook(lab, "poststop", state, bundle)).code, 0);
      await assertNothingLeft(lab);
    }
    await container.stop("SIGKILL");
  }));

/** What hostile-environment.test.ts sets. Without a hook's own environment each of these does something. */
const bites: Readonly<Record<string, (mark: string, evil: string) => Readonly<Record<string, string>>>> = {
  "BUN_OPTIONS=--preload": (_, evil) => ({ BUN_OPTIONS: `--preload ${evil}` }),
  "BUN_OPTIONS=--help": () => ({ BUN_OPTIONS: "--help" }),
  "BUN_BE_BUN=1": () => ({ BUN_BE_BUN: "1" }),
};

for (const [what, make] of Object.entries(bites)) {
  test(`${what} does harm where it arrives, and with runc and crun it does not`, () =>
    inLab({}, async (lab) => {
      const mark = `${lab.directory}/pwned`;
      const evil = `${lab.directory}/evil.ts`;
      writeFileSync(evil, `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "x");\n`);
      const env = make(mark, evil);
      const where = ["--run-dir", `${lab.directory}/bare`, "--state-dir", `${lab.directory}/bare`];
      const bare = await lab.worker.execWith({ env, input: "" }, executable, "createRuntime", ...where);
      const untouched = !existsSync(mark) && bare.code === 1 && bare.stderr.startsWith("berth: createRuntime:");
      assert.not.ok(untouched, `the trap does nothing: ${bare.stderr}`);
      execFileSync("rm", ["-f", mark]);
      for (const name of ["runc", "crun"] as const) {
        const bundle = makeBundle(lab, { script: "ip -4 -o addr show eth0" });
        const ran = await makeRuntime(lab, name).run(bundle, { env });
        assert.match(ran.stdout, "inet 10.88.0.", `${name}: ${ran.stderr}`);
        assert.not.ok(existsSync(mark), name);
        await assertNothingLeft(lab);
      }
    }));
}

test.run();
