/** network-wrapper's own session and `berth attach` with a real dockerd and a real podman, of which neither knows berth. */
// @limit 300
// @serial
import { symlinkSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Inspected } from "../../src/inspect/settings.ts";
import { berthDirs, repository } from "../lab/bundle.ts";
import { withDocker } from "../lab/docker.ts";
import { fetchPage } from "../lab/fetchPage.ts";
import { assertOneLine, executable } from "../lab/hook.ts";
import { startKeeper } from "../lab/keeper.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, onlyRecord, records } from "../lab/look.ts";
import { labOptions } from "../lab/operator.ts";
import { withPodman } from "../lab/podman.ts";
import { until } from "../lab/until.ts";

/** Makes plain `podman`, as berth calls it, the lab's. */
const podmanEnv = (lab: Lab): Env => {
  const base = `${lab.directory}/p-runc`;
  const conf = `${base}/plain.conf`;
  const engine = [
    'cgroup_manager = "cgroupfs"',
    'runtime = "runc"',
    `tmp_dir = "${base}/tmp"`,
    'events_logger = "file"',
  ];
  writeFileSync(conf, `[engine]\n${engine.join("\n")}\n`);
  return { CONTAINERS_CONF: conf, CONTAINERS_STORAGE_CONF: `${base}/storage.conf`, TMPDIR: base };
};

type Env = Readonly<Record<string, string>>;

const berth = (lab: Lab, env: Env, ...words: readonly string[]) => {
  const [name = "", ...rest] = words;
  return lab.worker.execWith({ env }, executable, name, ...labOptions(lab), ...rest);
};

const settingsOf = (text: string): Inspected["NetworkSettings"] => JSON.parse(text).NetworkSettings;

test(
  "network-wrapper's session runs unchanged: docker run --net none, network-wrapper br0, the page by its address",
  withDocker({}, async (lab, { must, image, env }) => {
    const bin = `${lab.directory}/bin`;
    await lab.worker.must("mkdir", bin);
    symlinkSync(`${repository}/dist/berth`, `${bin}/berth`);
    symlinkSync("berth", `${bin}/network-wrapper`);
    // The lab's own directories in the place of /run/berth, /var/lib/berth and /etc/berth.
    const { runDir, stateDir, configFile } = berthDirs(lab);
    const bind = [
      `mkdir -p /run/berth ${runDir} /var/lib/berth ${stateDir} /etc/berth`,
      `mount --bind ${runDir} /run/berth`,
    ];
    bind.push(
      `mount --bind ${stateDir} /var/lib/berth`,
      "mount -t tmpfs tmpfs /etc/berth",
      `cp ${configFile} /etc/berth/berth.json`,
    );
    await lab.worker.must("sh", "-c", bind.join(" && "));
    const session = `network-wrapper br0 $(docker run --runtime runc --net none -d ${image} httpd -f -p 80 -h /www) dhcp`;
    const run = (line: string) =>
      lab.worker.execWith({ env: { ...env, PATH: `${bin}:${process.env["PATH"] ?? ""}` } }, "sh", "-c", line);
    const ran = await run(session);
    assert.is(ran.code, 0, ran.stderr);
    const { IPAddress, Bridge } = settingsOf(ran.stdout);
    assert.is(Bridge, "br0");
    assert.match(await fetchPage(lab.peer, IPAddress), "berth");
    const id = onlyRecord(lab).id;
    assert.is(JSON.parse(ran.stdout).Container, id.slice(0, 12));
    assert.equal(settingsOf((await run(`network-wrapper inspect ${id.slice(0, 12)}`)).stdout), settingsOf(ran.stdout));
    assert.equal(settingsOf((await run("network-wrapper inspect-all")).stdout), settingsOf(ran.stdout));
    assert.match(await must("exec", id, "cat", "/etc/resolv.conf"), "nameserver 10.88.0.1");
    await must("rm", "-f", id);
    const collected = await run("berth gc");
    assert.is(collected.code, 0, collected.stderr);
    await assertNothingLeft(lab);
    await lab.worker.must("umount", "/run/berth", "/var/lib/berth", "/etc/berth");
  }),
);

test(
  "Docker: a second interface beside Docker's own bridge network: both work; detach takes ours only; its end releases it",
  withDocker({}, async (lab, { must, image, env }) => {
    const keeper = await startKeeper(lab, { config: { gc: { every: 1 } } });
    assert.not.ok(keeper.exited());
    const args = ["--runtime", "runc", "-d", "--name", "web1", image, "httpd", "-f", "-p", "80", "-h", "/www"];
    const id = await must("run", ...args);
    const before = await must("exec", "web1", "ip", "route");
    const resolv = await must("exec", "web1", "cat", "/etc/resolv.conf");
    const taken = await berth(lab, env, "attach", "web1");
    assert.is(taken.code, 1);
    assertOneLine(taken, "attach");
    assert.match(taken.stderr, "web1: it has an interface eth0 already: choose another name with -i");
    const ran = await berth(lab, env, "attach", "-i", "eth1", "web1");
    assert.is(ran.code, 0, ran.stderr);
    assert.match(ran.stderr, "the default route by eth0 stays");
    const { IPAddress, DHCP_PID } = settingsOf(ran.stdout);
    assert.is(DHCP_PID, String(keeper.pid));
    const record = onlyRecord(lab);
    assert.equal([record.id, record.name, record.identity], [id, "web1", "name:web1"]);
    const own = await must("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "web1");
    await lab.peer.must("ping", "-c", "1", "-W", "5", IPAddress);
    await lab.worker.must("ping", "-c", "1", "-W", "5", own);
    const after = await must("exec", "web1", "ip", "route");
    for (const row of before.split("\n")) assert.match(after, row.trim());
    assert.is(await must("exec", "web1", "cat", "/etc/resolv.conf"), resolv);
    assert.is((await berth(lab, env, "detach", "web1")).code, 0);
    assert.is(await must("exec", "web1", "ip", "route"), before);
    await lab.worker.must("ping", "-c", "1", "-W", "5", own);
    await assertNothingLeft(lab);
    assert.is((await berth(lab, env, "attach", "-i", "eth1", id.slice(0, 12))).code, 0);
    await must("kill", "web1");
    await until("the lease is back", () => records(lab).length === 0, 30_000);
    await assertNothingLeft(lab);
    const stopped = await berth(lab, env, "attach", "web1");
    assert.is(stopped.code, 1);
    assertOneLine(stopped, "attach");
    assert.match(stopped.stderr, "container web1 is not running (Docker says: exited): start it first");
  }),
);

test(
  "Docker: an ambiguous beginning of an id lists the candidates; a daemon that is not there is named",
  withDocker({}, async (lab, { must, image, env }) => {
    const ids: string[] = [];
    const shared = (): string | undefined =>
      ids.map((id) => id[0] ?? "").find((first, at, all) => all.indexOf(first) !== at);
    while (shared() === undefined) ids.push(await must("create", "--net", "none", image, "true"));
    const ran = await berth(lab, env, "attach", shared() ?? "");
    assert.is(ran.code, 1);
    assertOneLine(ran, "attach");
    assert.match(ran.stderr, /could be any of \d+ containers: \S+ \([0-9a-f]{12}\), /);
    const absent = await berth(lab, { DOCKER_HOST: `unix://${lab.directory}/none` }, "attach", "web1");
    assertOneLine(absent, "attach");
    assert.match(absent.stderr, /Docker was not asked: there is nobody at .*none/);
  }),
);

test(
  "podman: attached by name, with its name service; detached; ambiguous, stopped and unknown names",
  withPodman({ files: [] }, async (lab, { must, podman, image }) => {
    await must("run", "-d", "--net", "none", "--name", "web1", image, "sleep", "1000");
    await must("create", "--net", "none", "--name", "idle", image, "sleep", "1000");
    assert.equal(records(lab), []);
    const env = podmanEnv(lab);
    const ran = await berth(lab, env, "attach", "web1");
    assert.is(ran.code, 0, ran.stderr);
    const { IPAddress } = settingsOf(ran.stdout);
    assert.match(await must("exec", "web1", "ip", "addr", "show", "eth0"), IPAddress);
    assert.match(await must("exec", "web1", "cat", "/etc/resolv.conf"), "nameserver 10.88.0.1");
    await lab.peer.must("ping", "-c", "1", "-W", "5", IPAddress);
    assert.equal([onlyRecord(lab).name, onlyRecord(lab).identity], ["web1", "name:web1"]);
    const idle = await berth(lab, env, "attach", "idle");
    assertOneLine(idle, "attach");
    assert.match(idle.stderr, /container idle is not running \(podman says: (created|configured|initialized)\)/);
    const detached = await berth(lab, env, "detach", "web1");
    assert.is(detached.code, 0, detached.stderr);
    assert.not.match(await must("exec", "web1", "ip", "link"), "eth0");
    await assertNothingLeft(lab);
    await podman("rm", "-f", "-t", "0", "web1", "idle");
  }),
);

test.run();
