/** `berth attach`, `detach`, `wait`, `route`, `rule`, `tc`: containers that run already, of runc and crun, processes and namespaces. */
// @limit 400
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { macOfText } from "../../src/guest/words.ts";
import type { Inspected } from "../../src/inspect/settings.ts";
import { type BundleOptions, berthDirs, repository } from "../lab/bundle.ts";
import { assertOneLine, executable } from "../lab/hook.ts";
import type { Executed } from "../lab/host.ts";
import { runContainer, startKeeper } from "../lab/keeper.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, ports, records } from "../lab/look.ts";
import { labOptions, mustOperate, operate, withLab } from "../lab/operator.ts";
import type { RuntimeName } from "../lab/runtime.ts";
import { until } from "../lab/until.ts";

/** A container without hooks of ours, and how to name it to berth. */
const runPlain = async (lab: Lab, options: BundleOptions = {}, runtime: RuntimeName = "runc") => {
  const container = await runContainer(lab, { hooks: false, ...options }, runtime);
  const root = `${lab.directory}/${runtime}-${lab.worker.name}`;
  return { ...container, words: ["--runtime-root", root, container.bundle.id] as const };
};

const attach = async (lab: Lab, ...words: readonly string[]): Promise<Inspected["NetworkSettings"]> => {
  const object: Inspected = JSON.parse((await attempt(lab, ...words)).stdout);
  return object.NetworkSettings;
};

const attempt = async (lab: Lab, ...words: readonly string[]): Promise<Executed> => {
  const ran = await operate(lab, ["attach", ...words]);
  if (ran.code !== 0) throw new Error(`attach ${words.join(" ")}: exit code ${ran.code}: ${ran.stderr}`);
  return ran;
};

/** An eth0 that is somebody else's, up and with a carrier. */
const foreignInterface = async (inside: (program: string, ...args: readonly string[]) => Promise<string>) => {
  await inside("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far0");
  await inside("ip", "link", "set", "far0", "up");
  await inside("ip", "link", "set", "eth0", "up");
};

const refuses = async (lab: Lab, says: RegExp, ...words: readonly string[]): Promise<void> => {
  const [name = "", ...rest] = words;
  const ran = await operate(lab, words);
  assert.is.not(ran.code, 0, `${words.join(" ")}: ${ran.stdout}`);
  assertOneLine(ran, name);
  assert.match(ran.stderr, says, rest.join(" "));
};

const pings = async (lab: Lab, address: string): Promise<void> => {
  await lab.peer.must("ping", "-c", "1", "-W", "5", address);
};

for (const runtime of ["runc", "crun"] as const)
  test(
    `${runtime}: a running container without a network gets one; detach takes it and gives the lease back`,
    withLab(async (lab) => {
      const { words, inside, stop } = await runPlain(lab, { hostname: "web1" }, runtime);
      const settings = await attach(lab, ...words);
      const link = await inside("ip", "addr", "show", "dev", "eth0");
      assert.match(link, `inet ${settings.IPAddress}/${settings.IPPrefixLen} `);
      assert.match(link, settings.HWAddr);
      assert.match(await inside("ip", "route"), `default via ${settings.Gateway}`);
      await pings(lab, settings.IPAddress);
      const record = onlyRecord(lab);
      assert.is(record.identity, "hostname:web1");
      assert.equal(record.files, ["/etc/resolv.conf", "/etc/hosts"]);
      const rootfs = record.root?.rootfs ?? "";
      assert.match(readFileSync(`${rootfs}/etc/resolv.conf`, "utf8"), "nameserver 10.88.0.1");
      assert.match(readFileSync(`${rootfs}/etc/hosts`, "utf8"), settings.IPAddress);
      const [lease] = lab.server.leases();
      assert.is(lease?.ip, settings.IPAddress);
      assert.match(await mustOperate(lab, "detach", record.id), "detached");
      assert.not.match(await inside("ip", "link"), "eth0");
      assert.not.match(readFileSync(`${rootfs}/etc/hosts`, "utf8"), settings.IPAddress);
      await assertNothingLeft(lab);
      await stop();
    }),
  );

test(
  "a second interface beside one that is there: names and default route stay, and detach takes ours only",
  withLab(async (lab) => {
    const { words, inside } = await runPlain(lab);
    await foreignInterface(inside);
    await inside("ip", "address", "add", "192.0.2.5/24", "dev", "eth0");
    await inside("ip", "route", "add", "default", "via", "192.0.2.1");
    await refuses(lab, /it has an interface eth0 already: choose another name with -i/, "attach", ...words);
    const ran = await attempt(lab, "-i", "eth1", ...words);
    assert.match(ran.stderr, "the default route by eth0 stays; for the other: 'berth route");
    const { IPAddress }: Inspected["NetworkSettings"] = JSON.parse(ran.stdout).NetworkSettings;
    await pings(lab, IPAddress);
    const routes = await inside("ip", "route");
    assert.match(routes, "default via 192.0.2.1 dev eth0");
    assert.is(routes.match(/default/g)?.length, 1);
    const record = onlyRecord(lab);
    assert.equal([record.files, record.wanted.defaultRoute], [[], false]);
    assert.is(await mustOperate(lab, "gc", "--dry-run"), "");
    await mustOperate(lab, "detach", "-i", "eth1", record.id);
    assert.match(await inside("ip", "address", "show", "dev", "eth0"), "192.0.2.5/24");
    assert.match(await inside("ip", "route"), "default via 192.0.2.1 dev eth0");
    await assertNothingLeft(lab);
  }),
);

test(
  "attached twice to the same interface: the first stays as it is; two interfaces are detached one by one or all at once",
  withLab(async (lab) => {
    const { words, inside } = await runPlain(lab);
    await attach(lab, ...words);
    const before = onlyRecord(lab);
    await refuses(lab, /already attached: eth0 is bound with 10\.88\.0\.\d+\/24: choose another/, "attach", ...words);
    assert.equal(onlyRecord(lab), before);
    await attempt(lab, "-i", "eth1", ...words);
    assert.is(records(lab).length, 2);
    assert.is(new Set(records(lab).map(({ mac }) => mac)).size, 2);
    await refuses(
      lab,
      /has several interfaces \(eth0 .*, eth1 .*\): choose one with -i, or give --all/,
      "detach",
      before.id,
    );
    await refuses(lab, /has no interface "eth7": it has eth0, eth1/, "detach", "-i", "eth7", before.id);
    assert.is(records(lab).length, 2);
    await mustOperate(lab, "detach", "--all", before.id);
    assert.not.match(await inside("ip", "link"), /eth[01]/);
    await assertNothingLeft(lab);
  }),
);

test(
  "pipework's words: bridge, port name, several addresses, gateway, a MAC made from a text, mac: of the uplink",
  withLab(async (lab) => {
    const { words, inside } = await runPlain(lab);
    const [option, root, id] = words;
    const ran = await attempt(
      lab,
      ...["br0", "-i", "eth1", "-l", "lweb1", option, root, id, "10.88.0.50/24@10.88.0.1", "10.88.0.51/24", "U:web1"],
    );
    assert.is(ran.stderr, "");
    const record = onlyRecord(lab);
    assert.equal(record.addresses, ["10.88.0.50/24", "10.88.0.51/24"]);
    assert.equal([record.mac, record.port, record.network], [macOfText("web1"), "lweb1", "default"]);
    assert.is(
      (await lab.worker.must("sh", "-c", "echo web1 | md5sum")).slice(0, 10),
      record.mac.slice(3).replaceAll(":", ""),
    );
    assert.match(await inside("ip", "link", "show", "eth1"), record.mac);
    await pings(lab, "10.88.0.51");
    assert.match(await inside("ip", "route"), "default via 10.88.0.1 dev eth1");
    assert.is(await mustOperate(lab, "gc", "--dry-run"), "");
    await mustOperate(lab, "detach", id);
    assert.not.ok(
      (await ports(lab.worker)).length > 0 || (await lab.worker.exec("ip", "link", "show", "lweb1")).code === 0,
    );
    const uplink = await lab.worker.must("cat", "/sys/class/net/uplink/address");
    await attempt(lab, `mac:${uplink}`, option, root, id, "dhcp", "02:00:5e:10:00:01");
    assert.equal([onlyRecord(lab).bridge, onlyRecord(lab).mac], ["br0", "02:00:5e:10:00:01"]);
  }),
);

test(
  "a bridge that no network is configured on will do; an address can be chosen on a network",
  withLab(async (lab) => {
    await lab.worker.must("ip", "link", "add", "br9", "type", "bridge");
    await lab.worker.must("ip", "link", "set", "br9", "up");
    const { words } = await runPlain(lab);
    await attempt(lab, "br9", ...words, "10.9.0.5/24");
    assert.equal([onlyRecord(lab).network, onlyRecord(lab).bridge], ["br9", "br9"]);
    assert.match(await lab.worker.must("ip", "-o", "link", "show", "master", "br9"), onlyRecord(lab).port);
  }),
);

test(
  "a process is attached by --pid, a namespace by --netns; each is released when it is gone",
  withLab(async (lab) => {
    await startKeeper(lab, { config: { gc: { every: 1 } } });
    const process = lab.worker.daemon("unshare", ["-n", "sleep", "1000"]);
    lab.onDestroy(() => process.stop());
    await until("its own namespace", async () => {
      const [own, host] = await Promise.all(
        [process.pid, lab.worker.pid].map((pid) => lab.worker.exec("readlink", `/proc/${pid}/ns/net`)),
      );
      return own?.stdout !== host?.stdout;
    });
    const byPid = await attach(lab, "--pid", String(process.pid));
    await pings(lab, byPid.IPAddress);
    await lab.worker.must("sh", "-c", "mkdir -p /run/netns && mount -t tmpfs tmpfs /run && ip netns add blue");
    const byPath = await attach(lab, "--netns", "/run/netns/blue", "dhcp");
    await pings(lab, byPath.IPAddress);
    assert.equal(new Set(records(lab).map(({ state }) => state)), new Set(["bound"]));
    assert.match(await mustOperate(lab, "inspect", "blue"), byPath.IPAddress);
    assert.match(await mustOperate(lab, "route", "--netns", "/run/netns/blue"), `default via ${lab.network}.1`);
    assert.match(await mustOperate(lab, "ls"), "blue");
    const rounds = () => events(lab).filter(({ event }) => event === "garbage").length;
    assert.is(rounds(), 0);
    await process.stop("SIGKILL");
    await until("the process's lease is back", () => records(lab).length === 1, 30_000);
    assert.is(records(lab)[0]?.netnsPath, "/run/netns/blue");
    await lab.worker.must("ip", "netns", "delete", "blue");
    await until("the namespace's lease is back", () => records(lab).length === 0, 30_000);
    await assertNothingLeft(lab);
  }),
);

test(
  "an attached container's lease is renewed by the keeper that attach has started, and released when it dies, without a hook",
  withLab(
    async (lab) => {
      const { configFile } = berthDirs(lab);
      writeFileSync(configFile, JSON.stringify({ networks: { default: { bridge: "br0" } }, gc: { every: 1 } }));
      const { words, pid } = await runPlain(lab);
      const ran = await attempt(lab, ...words);
      const keeper = Number(JSON.parse(ran.stdout).NetworkSettings.DHCP_PID);
      assert.ok(keeper > 0, ran.stdout + ran.stderr);
      lab.onDestroy(async () => {
        await lab.worker.exec("kill", "-9", String(keeper));
      });
      assert.match(readFileSync(`/proc/${keeper}/cmdline`, "utf8"), "keeper");
      await until("a renewal", () => events(lab).some(({ event }) => event === "renewed"), 20_000);
      process.kill(pid, "SIGKILL");
      await until("the lease is back", () => records(lab).length === 0, 30_000);
      await assertNothingLeft(lab);
    },
    { server: "kea", leaseSeconds: 6 },
  ),
);

test(
  "Ctrl-C while it waits for a server undoes everything; a server that never answers is named",
  withLab(async (lab) => {
    await lab.server.stop();
    const { words, inside } = await runPlain(lab);
    const waiting = lab.worker.daemon(executable, ["attach", ...labOptions(lab), ...words]);
    await until("it waits", () => records(lab).some(({ state }) => state === "acquiring"));
    await waiting.stop("SIGINT");
    assert.match(waiting.output(), /stopped by SIGINT|interrupted/);
    assert.not.match(await inside("ip", "link"), "eth0");
    assert.equal([records(lab), await ports(lab.worker)], [[], []]);
    writeFileSync(
      berthDirs(lab).configFile,
      JSON.stringify({ networks: { default: { bridge: "br0", dhcp: { timeout: 1 } } }, keeper: { autostart: false } }),
    );
    await refuses(lab, /network default: .*DHCP/, "attach", ...words);
    assert.equal([records(lab), await ports(lab.worker)], [[], []]);
  }),
);

test(
  "on a terminal a line tells that it waits, and goes away",
  withLab(async (lab) => {
    const { words } = await runPlain(lab);
    const line = [executable, "attach", ...labOptions(lab), ...words].join(" ");
    const ran = await lab.worker.exec("script", "-qec", `${line} >/dev/null`, "/dev/null");
    assert.is(ran.code, 0, ran.stdout);
    assert.match(ran.stdout, /\rwaiting for a lease: \S+ eth0 on br0 … \d+\.\d s/);
    assert.match(ran.stdout, /\r\x1b\[Kberth: attach: no keeper runs/);
    const quiet = await runPlain(lab);
    assert.is((await attempt(lab, ...quiet.words)).stderr.includes("waiting"), false);
  }),
);

test(
  "wait: an interface without an address is waited for, in the container and from the host; a link alone is not enough",
  withLab(async (lab) => {
    const mounts = ["/usr", "/lib", "/lib64", `${repository}/dist`].map((path) => ({
      ...{ destination: path, source: path, type: "bind", options: ["rbind", "ro"] },
    }));
    const script = `${repository}/dist/berth wait --timeout 30 && ip -4 addr show eth0 >/www/seen && sleep 1000`;
    const wrapper = `${repository}/dist/network-wrapper-of-the-test`;
    const { words, inside, bundle } = await runPlain(lab, { mounts, script });
    assert.not.ok(existsSync(wrapper));
    await refuses(lab, /there was no interface eth0 after 0\.2 s/, "wait", "--timeout", "0.2", ...words);
    await foreignInterface(inside);
    await refuses(lab, /eth0 had no address after 0\.2 s/, "wait", "--timeout", "0.2", ...words);
    const seen = `${bundle.rootfs}/www/seen`;
    assert.not.ok(existsSync(seen));
    await inside("ip", "link", "del", "eth0");
    const fromHost = operate(lab, ["wait", "--json", ...words]);
    const { IPAddress } = await attach(lab, ...words);
    const waited = await fromHost;
    assert.is(waited.code, 0, waited.stderr);
    assert.equal(JSON.parse(waited.stdout), { ifname: "eth0", addresses: [`${IPAddress}/24`] });
    await until("the container's own program goes on", () => existsSync(seen) && readFileSync(seen, "utf8") !== "");
    assert.match(readFileSync(seen, "utf8"), IPAddress);
  }),
);

test(
  "route, rule and tc run iproute2 on the container's network, with its exit code",
  withLab(async (lab) => {
    const { words, inside } = await runPlain(lab);
    await attach(lab, ...words);
    const word = onlyRecord(lab).addresses[0]?.split("/")[0] ?? "";
    await mustOperate(lab, "route", word, "add", "192.0.2.0/24", "via", "10.88.0.2");
    assert.match(await inside("ip", "route"), "192.0.2.0/24 via 10.88.0.2 dev eth0");
    await mustOperate(lab, "rule", word, "add", "from", "192.0.2.9", "table", "7");
    assert.match(await inside("ip", "rule"), "from 192.0.2.9 lookup 7");
    await mustOperate(lab, "tc", word, "qdisc", "add", "dev", "eth0", "root", "pfifo", "limit", "7");
    assert.match(await inside("tc", "qdisc", "show", "dev", "eth0"), "pfifo");
    const routes: readonly { dst: string }[] = JSON.parse(await mustOperate(lab, "route", "--json", word));
    assert.ok(routes.some(({ dst }) => dst === "192.0.2.0/24"));
    const wrong = await operate(lab, ["route", word, "add", "nonsense"]);
    assert.is.not(wrong.code, 0);
    assert.match(wrong.stderr, "nonsense");
  }),
);

test(
  "wrong words are refused in one line each, and touch nothing",
  withLab(async (lab) => {
    const { words, stop } = await runPlain(lab);
    const other = await runPlain(lab, { id: `${words[2]}b` });
    const [option, root, id] = words;
    const cases: readonly (readonly [RegExp, ...string[]])[] = [
      [/which container\?/, "attach"],
      [/no container "nobody" is known/, "attach", "nobody"],
      [/could be any of 2 containers: /, "attach", option, root, id.slice(0, -1)],
      [/"br7" is neither a network nor a bridge/, "attach", "br7", ...words],
      [/uplink is not a Linux bridge/, "attach", "uplink", ...words],
      [/no interface of this host has the MAC/, "attach", "mac:02:00:00:00:00:99", ...words],
      [/expected mac: and a MAC address/, "attach", "mac:nonsense", ...words],
      [/too many words/, "attach", "a", "b", ...words],
      [/10\.88\.0\.5 will not do|"10\.88\.0\.5" will not do: expected/, "attach", ...words, "10.88.0.5"],
      [/no MAC that an interface may have/, "attach", ...words, "dhcp", "01:00:00:00:00:00"],
      [/VLANs are not supported/, "attach", ...words, "dhcp", "02:00:00:00:00:01@7"],
      [/--ifname: expected an interface name/, "attach", "-i", "a b", ...words],
      [/--ifname: expected an interface name/, "attach", "-i", "lo", ...words],
      [/--port: expected an interface name/, "attach", "-l", "../../x", ...words],
      [/an interface named uplink exists already/, "attach", "-l", "uplink", ...words],
      [/there is no process 999999999/, "attach", "--pid", "999999999"],
      [/--pid must be the number/, "attach", "--pid", "1; reboot"],
      [/shares the host's network namespace/, "attach", "--pid", String(lab.worker.pid)],
      [/there is nothing at/, "attach", "--netns", "/run/netns/none"],
      [/--netns must be an absolute path/, "attach", "--netns", "blue"],
      [/enter the network namespace|could not/, "attach", "--netns", "/etc/hostname"],
      [/one of them says it/, "attach", "--pid", "1", "--netns", "/x"],
      [/no container "nobody" is attached/, "detach", "nobody"],
      [/--timeout: expected seconds/, "wait", "--timeout", "soon"],
      [/which container\?/, "tc"],
    ];
    for (const [says, ...command] of cases) await refuses(lab, says, ...command);
    assert.equal([records(lab), await ports(lab.worker)], [[], []]);
    await other.stop();
    await stop();
    await refuses(lab, /no container "\S+" is known to Docker, podman, runc or crun/, "attach", ...words);
  }),
);

test(
  "called as network-wrapper it takes network-wrapper's own words",
  withLab(async (lab) => {
    const link = `${lab.directory}/network-wrapper`;
    symlinkSync(`${repository}/dist/berth`, link);
    const { words, inside } = await runPlain(lab);
    const [option, root, id] = words;
    const wrapper = (...args: readonly string[]) => lab.worker.exec(link, ...args, ...labOptions(lab));
    const ran = await wrapper("br0", "-i", "eth1", id, "dhcp", "02:00:5e:10:00:09", option, root);
    assert.is(ran.code, 0, ran.stderr);
    const settings = JSON.parse(ran.stdout);
    assert.equal([settings.Container, settings.NetworkSettings.HWAddr], [id, "02:00:5e:10:00:09"]);
    assert.match(await inside("ip", "addr", "show", "eth1"), settings.NetworkSettings.IPAddress);
    assert.equal(JSON.parse((await wrapper("inspect", id)).stdout), settings);
    assert.equal(JSON.parse((await wrapper("inspect-all")).stdout), settings);
    const waited = await lab.worker.exec(
      "nsenter",
      `--net=/proc/${onlyRecord(lab).pid}/ns/net`,
      link,
      "--wait",
      "-i",
      "eth1",
    );
    assert.is(waited.code, 0, waited.stderr);
    const bare = await lab.worker.exec(link);
    assert.equal([bare.code, bare.stdout.includes("network-wrapper BRIDGE")], [2, true]);
  }),
);

test.run();
