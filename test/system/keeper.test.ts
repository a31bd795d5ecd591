// @limit 400
/** The keeper itself: killed, started twice, told to stop, confronted with records that are none. */
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs, repository } from "../lab/bundle.ts";
import { inLab } from "../lab/inLab.ts";
import { berth, keeperWords, launchKeeper, runContainer, startKeeper } from "../lab/keeper.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, ports, records } from "../lab/look.ts";
import { until } from "../lab/until.ts";

const short = { server: "isc", leaseSeconds: 6 } as const;
const named = (lab: Lab, name: string) => events(lab).filter(({ event }) => event === name);

test("a second keeper refuses to start, with one line", () =>
  inLab({ server: "none" }, async (lab) => {
    const first = await startKeeper(lab);
    const second = launchKeeper(lab);
    await until("the second ends", () => second.exited());
    assert.match(second.output(), /^berth: keeper: another keeper is running \(pid \d+\) for [^\n]+\n$/);
    assert.not.ok(first.exited());
    await first.stop("SIGKILL");
    await startKeeper(lab);
  }));

test("SIGTERM ends it and releases nothing; the next one goes on", () =>
  inLab(short, async (lab) => {
    const first = await startKeeper(lab);
    const container = await runContainer(lab);
    const before = await container.addresses();
    await first.stop("SIGTERM");
    assert.match(first.output(), "stopped (SIGTERM); no lease was released");
    assert.equal(await container.addresses(), before);
    assert.is(lab.server.leases().length, 1);
    await startKeeper(lab);
    await until("the next keeper renews", () => named(lab, "renewed").length > 0, 20_000);
    assert.equal(await container.addresses(), before);
  }));

for (const [when, state] of [
  ["T1", "bound"],
  ["expiry", "lost"],
] as const) {
  test(`killed with -9 and started again after ${when}, it goes on`, () =>
    inLab(short, async (lab) => {
      const first = await startKeeper(lab);
      const container = await runContainer(lab);
      const before = await container.addresses();
      await first.stop("SIGKILL");
      const { boundAtBootMs, lease } = onlyRecord(lab);
      const wait = (when === "T1" ? (lease?.t1Seconds ?? 0) + 0.2 : (lease?.leaseSeconds ?? 0) + 0.5) * 1000;
      const uptime = () => Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1000;
      await until(when, () => uptime() > (boundAtBootMs ?? 0) + wait, 20_000);
      const second = await startKeeper(lab);
      await until(
        "the lease is held again",
        () => named(lab, "renewed").length + named(lab, "changed").length > 0,
        30_000,
      );
      assert.equal(await container.addresses(), before);
      assert.is(named(lab, "lost").length, state === "lost" ? 1 : 0, second.output());
      await lab.peer.must("ping", "-c", "1", "-W", "5", lease?.address ?? "none");
    }));
}

test("a record that cannot be read is named, and the others are kept", () =>
  inLab(short, async (lab) => {
    const { runDir } = berthDirs(lab);
    const keeper = await startKeeper(lab);
    const broken = await runContainer(lab);
    const whole = await runContainer(lab);
    const path = `${runDir}/attachments/${broken.bundle.id}/eth0.json`;
    const text = readFileSync(path, "utf8");
    const record = JSON.parse(text);
    const cases: Record<string, string> = {
      empty: "",
      truncated: text.slice(0, 200),
      huge: `{"x":"${"x".repeat(2_000_000)}"}`,
      "a number": "7",
      ...Object.fromEntries(
        Object.keys(record).map((key) => [`a wrong ${key}`, JSON.stringify({ ...record, [key]: { wrong: true } })]),
      ),
    };
    assert.ok(Object.keys(cases).length > 25);
    for (const [what, content] of Object.entries(cases)) {
      const before = keeper.output().length;
      writeFileSync(path, content);
      await berth(lab, "renew", whole.bundle.id);
      await until(`the keeper names the file: ${what}`, () =>
        keeper.output().slice(before).includes(`the record ${path} cannot be used`),
      );
      assert.not.ok(keeper.exited(), what);
    }
    const renewals = named(lab, "renewed").filter(({ container }) => container === whole.bundle.id).length;
    assert.ok(renewals >= Object.keys(cases).length, `${renewals} renewals`);
    writeFileSync(path, text);
    await until(
      "the mended record is kept again",
      () => named(lab, "renewed").some(({ container }) => container === broken.bundle.id),
      20_000,
    );
  }));

test("a container that ends while the keeper runs is forgotten, and its netns is not held", () =>
  inLab(short, async (lab) => {
    const keeper = await startKeeper(lab);
    const container = await runContainer(lab);
    await until("a renewal", () => named(lab, "renewed").length > 0, 20_000);
    await container.stop();
    await assertNothingLeft(lab);
    const links = readdirSync(`/proc/${keeper.pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${keeper.pid}/fd/${fd}`);
      } catch {
        return "";
      }
    });
    assert.equal(links.filter((link) => link.startsWith("net:")).length, 1);
    for (const task of readdirSync(`/proc/${keeper.pid}/task`))
      assert.is(
        readlinkSync(`/proc/${keeper.pid}/task/${task}/ns/net`),
        readlinkSync(`/proc/${lab.worker.pid}/ns/net`),
      );
  }));

test("a container that died without its hook is released by the keeper itself", () =>
  inLab({}, async (lab) => {
    const keeper = await startKeeper(lab, { config: { gc: { every: 1 } } });
    const container = await runContainer(lab, {}, "crun");
    process.kill(container.pid, "SIGKILL");
    await until("the lease is back", () => records(lab).length === 0, 30_000);
    await assertNothingLeft(lab);
    await until("the keeper's line about it", () => keeper.output().includes("was released"));
  }));

test("an interface that somebody takes apart is repaired by the keeper itself", () =>
  inLab({}, async (lab) => {
    await startKeeper(lab, { config: { gc: { every: 1 } } });
    const container = await runContainer(lab);
    const before = await container.addresses();
    await container.inside("ip", "address", "flush", "dev", "eth0");
    await until("the address is back", async () => (await container.addresses()).join() === before.join(), 30_000);
    await until("the event is written", () => named(lab, "repaired").length === 1);
  }));

test("the first container's hook starts a keeper, which holds nothing of the hook's; it ends with its run directory", () =>
  inLab({}, async (lab) => {
    const { runDir } = berthDirs(lab);
    const container = await runContainer(lab, {
      config: '{"networks":{"default":{"bridge":"br0"}},"keeper":{"autostart":true}}',
    });
    await until("a keeper runs", () => existsSync(`${runDir}/keeper.sock`));
    const pid = readFileSync(`${runDir}/keeper.pid`, "latin1").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    assert.is(stat[3], pid, "it leads a session of its own");
    assert.is(readlinkSync(`/proc/${pid}/cwd`), "/");
    for (const fd of ["0", "1", "2"]) assert.is(readlinkSync(`/proc/${pid}/fd/${fd}`), "/dev/null");
    await runContainer(lab, { config: '{"networks":{"default":{"bridge":"br0"}},"keeper":{"autostart":true}}' });
    assert.is(readFileSync(`${runDir}/keeper.pid`, "latin1").trim(), pid);
    await container.stop();
    await lab.worker.must("rm", `${runDir}/keeper.pid`);
    await until("it ends", () => !existsSync(`/proc/${pid}/exe`), 30_000);
  }));

test("metrics are on the socket, and on TCP where that is configured; SIGHUP reads the configuration again", () =>
  inLab(short, async (lab) => {
    const { runDir, configFile } = berthDirs(lab);
    const keeper = await startKeeper(lab);
    await runContainer(lab);
    await until("a renewal", () => named(lab, "renewed").length > 0, 20_000);
    const curl = (...words: readonly string[]) => lab.worker.exec("curl", "-s", "--max-time", "5", ...words);
    const { stdout } = await curl("--unix-socket", `${runDir}/keeper.sock`, "http://keeper/metrics");
    assert.match(stdout, /^berth_leases\{state="(bound|renewing)"\} 1$/m);
    assert.match(stdout, /^berth_renewals_total\{exchange="renew"\} [1-9]/m);
    assert.match(stdout, /^berth_bind_seconds_count 1$/m);
    assert.match(stdout, /^berth_lease_nearest_expiry_seconds [0-9.]+$/m);
    const config = { networks: { default: { bridge: "br0" } }, metrics: { listen: "127.0.0.1:9467" } };
    writeFileSync(configFile, JSON.stringify(config));
    process.kill(keeper.pid, "SIGHUP");
    await until("metrics on TCP", async () =>
      (await curl("http://127.0.0.1:9467/metrics")).stdout.includes("berth_leases"),
    );
    assert.match((await curl("-i", "http://127.0.0.1:9467/renew")).stdout, "404");
    writeFileSync(configFile, "{");
    process.kill(keeper.pid, "SIGHUP");
    await until("the mistake is named", () => keeper.output().includes("the configuration stays as it was"));
    assert.ok((await curl("http://127.0.0.1:9467/metrics")).stdout.includes("berth_leases"));
  }));

test("a netns that goes in the middle of an exchange is let go of", () =>
  inLab({ server: "isc", leaseSeconds: 4 }, async (lab) => {
    const keeper = await startKeeper(lab);
    const container = await runContainer(lab);
    await lab.server.stop();
    const capture = await lab.capture("udp", "port", "67");
    await until("the keeper asks in vain", () => capture.text().includes("Request"), 15_000);
    await container.stop();
    await until("the port is gone", async () => (await ports(lab.worker)).length === 0);
    await until(
      "the namespace is gone",
      async () =>
        !(await lab.worker.must("lsns", "-t", "net", "-n", "-o", "PID")).split("\n").includes(String(container.pid)),
    );
    assert.not.ok(keeper.exited());
    await lab.server.start();
    const next = await runContainer(lab);
    await until(
      "another container is kept",
      () => named(lab, "renewed").some(({ container: id }) => id === next.bundle.id),
      20_000,
    );
  }));

test("a run directory that is wiped, as at a reboot, ends the keeper; a new one keeps what comes", () =>
  inLab(short, async (lab) => {
    const { runDir } = berthDirs(lab);
    const first = await startKeeper(lab, { config: { gc: { every: 1 } } });
    const before = await runContainer(lab);
    await before.stop();
    await lab.worker.must("rm", "-rf", runDir);
    await until("it ends", () => first.exited(), 20_000);
    assert.match(first.output(), "was removed or replaced");
    await startKeeper(lab);
    await runContainer(lab);
    await until("a renewal", () => named(lab, "renewed").length > 0, 20_000);
  }));

for (const [what, days] of [
  ["back", "-1d"],
  ["forward", "+1d"],
] as const) {
  test(`a wall clock that is set ${what} by a day changes nothing`, () =>
    inLab(short, async (lab) => {
      const first = await startKeeper(lab);
      const container = await runContainer(lab);
      const before = await container.addresses();
      await until("a renewal", () => named(lab, "renewed").length > 0, 20_000);
      await first.stop("SIGKILL");
      const renewed = named(lab, "renewed").length;
      // libfaketime leaves its shared memory behind.
      await lab.worker.must("mount", "-t", "tmpfs", "tmpfs", "/dev/shm");
      const jumped = lab.worker.daemon("env", [
        `FAKETIME=${days}`,
        "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1",
        `${repository}/dist/berth`,
        "keeper",
        ...keeperWords(lab),
      ]);
      lab.onDestroy(() => jumped.stop());
      const last = () => new Date(String(events(lab).at(-1)?.["time"])).getTime();
      await until("it renews by a wrong clock", () => named(lab, "renewed").length > renewed + 2, 30_000);
      const off = (last() - Date.now()) / 86_400_000;
      assert.is(Math.round(off), what === "back" ? -1 : 1);
      assert.equal(await container.addresses(), before);
      assert.equal(named(lab, "lost"), []);
    }));
}

test("a keeper that finds a thread of its own in a container's namespace begins anew, as the same process, and goes on", () =>
  inLab(short, async (lab) => {
    const keeper = launchKeeper(lab, { fault: "stray", config: { gc: { every: 1 } } });
    lab.onDestroy(() => keeper.stop());
    await until("it began anew twice", () => keeper.output().split("beginning anew").length > 2, 20_000);
    const container = await runContainer(lab);
    const before = await container.addresses();
    await until("it renews", () => named(lab, "renewed").length > 2, 30_000);
    assert.equal(await container.addresses(), before);
    assert.not.ok(keeper.exited());
    const pids = new Set(keeper.output().match(/(?<=pid )\d+/g));
    assert.is(pids.size, 1);
  }));

const unitFile = `${repository}/oci-config/systemd/berth-keeper.service`;

test("berth-keeper.service passes systemd's own check", () =>
  inLab({ server: "none" }, async (lab) => {
    const copy = `${lab.directory}/berth-keeper.service`;
    const unit = readFileSync(unitFile, "utf8").replace("/usr/local/bin/berth", `${repository}/dist/berth`);
    assert.match(unit, `ExecStart=${repository}/dist/berth keeper\n`);
    writeFileSync(copy, unit);
    const { code, stderr } = await lab.worker.exec("systemd-analyze", "verify", "--man=no", copy);
    assert.equal([code, stderr], [0, ""]);
  }));

test("the capabilities that the unit grants are enough to renew, to change, to repair and to release", () =>
  inLab({ ...short, leaseSeconds: 4 }, async (lab) => {
    const { runDir, configFile } = berthDirs(lab);
    const [, names = ""] = /^CapabilityBoundingSet=(.*)$/m.exec(readFileSync(unitFile, "utf8")) ?? [];
    const granted = names.split(" ").map((name) => `+${name.replace("CAP_", "").toLowerCase()}`);
    const config = { networks: { default: { bridge: "br0" } }, keeper: { autostart: false }, gc: { every: 1 } };
    writeFileSync(configFile, JSON.stringify(config));
    const keeper = lab.worker.daemon("setpriv", [
      "--no-new-privs",
      `--bounding-set=-all,${granted.join(",")}`,
      "--",
      `${repository}/dist/berth`,
      "keeper",
      ...["--config", configFile, "--run-dir", runDir, "--state-dir", berthDirs(lab).stateDir],
    ]);
    lab.onDestroy(() => keeper.stop());
    const container = await runContainer(lab);
    const before = await container.addresses();
    await until("a renewal", () => named(lab, "renewed").length > 0, 20_000);
    await lab.server.start({ dns: [`${lab.network}.7`], router: `${lab.network}.2` });
    await until("a change", () => named(lab, "changed").length > 0, 20_000);
    assert.match(readFileSync(`/proc/${container.pid}/root/etc/resolv.conf`, "utf8"), `${lab.network}.7`);
    await container.inside("ip", "address", "flush", "dev", "eth0");
    await until("a repair", async () => (await container.addresses()).join() === before.join(), 20_000);
    process.kill(container.pid, "SIGKILL");
    await until("a release", () => records(lab).length === 0, 30_000);
    await assertNothingLeft(lab);
    assert.not.match(keeper.output(), "ermitted");
  }));

test.run();
