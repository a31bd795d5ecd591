/** `berth inspect` beside what `ip`, the DHCP server's lease file and the container's resolv.conf say; and its wrong words. */
// @limit 600
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { FullyInspected } from "../../src/inspect/full.ts";
import type { Inspected } from "../../src/inspect/settings.ts";
import { berthDirs, defaultConfig, makeBundle, repository } from "../lab/bundle.ts";
import { makeDocker } from "../lab/docker.ts";
import { assertOneLine } from "../lab/hook.ts";
import type { ExecOptions, Executed } from "../lab/host.ts";
import { inLab } from "../lab/inLab.ts";
import { startKeeper } from "../lab/keeper.ts";
import type { Lab } from "../lab/lab.ts";
import { labOptions, mustOperate, operate } from "../lab/operator.ts";
import { makePodman } from "../lab/podman.ts";
import { makeRuntime } from "../lab/runtime.ts";

const test = suite("inspect");

const withLab = (work: (lab: Lab) => Promise<void>) => (): Promise<void> =>
  inLab({ dns: ["10.88.0.1", "10.88.0.2"] }, work);

/** What a container's own shell says of its network. */
type Inside = (...command: readonly string[]) => Promise<string>;

/** Every field against somebody else's word for it. */
const assertTrue = async (lab: Lab, { NetworkSettings: said }: Inspected, inside: Inside): Promise<void> => {
  const link = await inside("ip", "addr", "show", "dev", "eth0");
  assert.is(said.HWAddr, /ether ([0-9a-f:]{17})/.exec(link)?.[1]);
  assert.is(`${said.IPAddress}/${said.IPPrefixLen}`, /inet ([0-9./]+)/.exec(link)?.[1]);
  assert.is(said.Gateway, /default via (\S+)/.exec(await inside("ip", "route"))?.[1]);
  const resolv = await inside("cat", "/etc/resolv.conf");
  assert.is(said.DNS, [...resolv.matchAll(/^nameserver (\S+)/gm)].map(([, server]) => server).join(", "));
  assert.is(said.DNS, "10.88.0.1, 10.88.0.2");
  const lease = lab.server.leases().find(({ mac }) => mac === said.HWAddr);
  assert.is(said.IPAddress, lease?.ip);
  const ports: readonly { ifname: string; ifalias?: string }[] = JSON.parse(
    await lab.worker.must("ip", "-j", "link", "show", "master", said.Bridge),
  );
  assert.ok(
    ports.some(({ ifalias }) => ifalias?.startsWith("berth:")),
    "its port is on the bridge",
  );
  assert.is(said.DHCP_PID, null);
};

const keys = ["HWAddr", "Bridge", "IPAddress", "IPPrefixLen", "Gateway", "DNS", "DHCP_PID"];

const inspectOne = async (lab: Lab, word: string): Promise<Inspected> => {
  const object: Inspected = JSON.parse(await mustOperate(lab, "inspect", word));
  assert.equal(Object.keys(object), ["Container", "NetworkSettings"]);
  assert.equal(Object.keys(object.NetworkSettings), keys);
  return object;
};

const refuses = (ran: Executed, says: RegExp): void => {
  assert.is(ran.code, 1, ran.stderr);
  assertOneLine(ran, "inspect");
  assert.match(ran.stderr, says);
};

test(
  "runc: every field is true, whatever the container is called by",
  withLab(async (lab) => {
    const runc = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab, { id: "shop-web1" });
    assert.is((await runc.start(bundle)).code, 0);
    const inside: Inside = async (...command) => {
      const ran = await lab.worker.exec(
        "runc",
        "--root",
        `${lab.directory}/runc-worker1`,
        "exec",
        bundle.id,
        ...command,
      );
      return ran.stdout;
    };
    const object = await inspectOne(lab, bundle.id);
    assert.is(object.Container, bundle.id);
    await assertTrue(lab, object, inside);
    const full: FullyInspected = JSON.parse(await mustOperate(lab, "inspect", "--full", bundle.id));
    for (const word of ["shop", full.Port, object.NetworkSettings.HWAddr, object.NetworkSettings.IPAddress])
      assert.equal(await inspectOne(lab, word), object, word);
    assert.equal(JSON.parse(await mustOperate(lab, "inspect-all", "--json")), [object]);
    assert.equal(full.Differences, []);
    assert.is(full.State, "bound");
    assert.is(full.Lease?.Server, "10.88.0.1");
    assert.is(full.Lease?.LeaseSeconds, 3600);
    assert.ok(Math.abs(Date.parse(full.Lease?.ExpiresAt ?? "") - Date.now() - 3_600_000) < 120_000);
    const netns = await lab.worker.must("readlink", `/proc/${await runc.pid(bundle)}/ns/net`);
    assert.is(netns, `net:[${full.Netns}]`);
    assert.is(full.ClientIdentifier, `01${object.NetworkSettings.HWAddr.replaceAll(":", "")}`);
    const keeper = await startKeeper(lab);
    const kept: Inspected = JSON.parse(await mustOperate(lab, "inspect", bundle.id));
    assert.is(kept.NetworkSettings.DHCP_PID, String(keeper.pid));
    assert.is(readFileSync(`/proc/${keeper.pid}/cmdline`, "latin1").split("\0")[1], "keeper");
  }),
);

test(
  "--full says where the live state is another than the recorded one",
  withLab(async (lab) => {
    const runc = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab);
    assert.is((await runc.start(bundle)).code, 0);
    const look = async (): Promise<FullyInspected> =>
      JSON.parse(await mustOperate(lab, "inspect", "--full", bundle.id));
    const { Port, NetworkSettings } = await look();
    const own = `${NetworkSettings.IPAddress}/24`;
    await runc.inNetns(bundle, "ip", "address", "add", "10.88.0.250/24", "dev", "eth0");
    await runc.inNetns(bundle, "ip", "route", "del", "default");
    await lab.worker.must("sh", "-c", `echo nameserver 192.0.2.1 > ${bundle.rootfs}/etc/resolv.conf`);
    await lab.worker.must("ip", "link", "set", Port, "nomaster", "down");
    const { Differences } = await look();
    const [first, second] = [own, "10.88.0.250/24"].sort();
    assert.equal(Differences, [
      { Field: "Bridge", Recorded: "br0", Live: "none" },
      { Field: "PortState", Recorded: "up", Live: "down" },
      { Field: "Addresses", Recorded: own, Live: `${first}, ${second}` },
      { Field: "Gateway", Recorded: "10.88.0.1", Live: "" },
      { Field: "DNS", Recorded: "10.88.0.1, 10.88.0.2", Live: "192.0.2.1" },
    ]);
    await lab.worker.must("ip", "link", "del", Port);
    const gone = (await look()).Differences;
    assert.equal(gone.slice(0, 2), [
      { Field: "Port", Recorded: Port, Live: "gone" },
      { Field: "Interface", Recorded: "eth0", Live: "gone" },
    ]);
  }),
);

test(
  "Docker: every field is true; by its name, also a new one; a stopped container, and no Docker",
  withLab(async (lab) => {
    const { docker, must, image, env } = await makeDocker(lab);
    const run = ["run", "-d", "--net", "none", "--runtime", "berth"];
    const id = await must(...run, "--name", "web1", image, "sleep", "1000");
    await must(...run, "--name", "web2", image, "sleep", "1000");
    const ask = (...words: readonly string[]) => operate(lab, ["inspect", ...words], { env });
    const object = await inspectOne(lab, "web1");
    assert.is(object.Container, id.slice(0, 12));
    await assertTrue(lab, object, (...command) => must("exec", "web1", ...command));
    for (const word of [id, id.slice(0, 12), id.slice(0, 30)]) assert.equal(await inspectOne(lab, word), object);
    const full: FullyInspected = JSON.parse(await mustOperate(lab, "inspect", "--full", "web1"));
    assert.equal([full.Name, full.Record.name, full.Differences], ["web1", "web1", []]);
    await must("rename", "web1", "shop");
    assert.equal(await inspectOne(lab, "shop"), object);
    refuses(await ask("web1"), /no container "web1" is attached: 'berth ls' lists those that are$/);
    await must("stop", "--time", "0", "web2");
    refuses(await ask("web2"), /container web2 \([0-9a-f]{12}\) is not running \(Docker says: exited\), so it has no/);
    await must("run", "-d", "--net", "none", "--name", "alone", image, "sleep", "1000");
    refuses(await ask("alone"), /container alone \([0-9a-f]{12}\) runs in Docker and has no interface of berth's$/);
    const elsewhere = { env: { DOCKER_HOST: `unix://${lab.directory}/nobody.sock` } };
    refuses(
      await operate(lab, ["inspect", "web2"], elsewhere),
      /Docker was not asked: there is nobody at .*nobody\.sock/,
    );
    assert.equal(JSON.parse((await operate(lab, ["inspect", "shop"], elsewhere)).stdout), object);
    await docker("rm", "-f", "alone");
  }),
);

const hooksDir = (lab: Lab): string => {
  const directory = `${lab.directory}/hooks.d`;
  mkdirSync(directory);
  writeFileSync(berthDirs(lab).configFile, defaultConfig);
  for (const name of readdirSync(`${repository}/oci-config/podman`)) {
    const file = JSON.parse(readFileSync(`${repository}/oci-config/podman/${name}`, "utf8"));
    file.hook.path = `${repository}/dist/berth`;
    file.hook.args.push(...labOptions(lab));
    writeFileSync(`${directory}/${name}`, JSON.stringify(file));
  }
  return directory;
};

test(
  "podman: every field is true, by the name that podman gave it; a stopped container",
  withLab(async (lab) => {
    const { podman, image } = await makePodman(lab, hooksDir(lab), "runc");
    const must: Inside = async (...words) => {
      const ran = await podman(...words);
      if (ran.code !== 0) throw new Error(`podman ${words.join(" ")}: ${ran.stderr}`);
      return ran.stdout;
    };
    const id = await must("run", "-d", "--net", "none", "--name", "web1", image, "sleep", "1000");
    const object = await inspectOne(lab, "web1");
    assert.is(object.Container, id.slice(0, 12));
    await assertTrue(lab, object, (...command) => must("exec", "web1", ...command));
    await must("create", "--net", "none", "--name", "web2", image, "sleep", "1000");
    const base = `${lab.directory}/p-runc`;
    const asPodman: ExecOptions = {
      env: { CONTAINERS_CONF: `${base}/containers.conf`, CONTAINERS_STORAGE_CONF: `${base}/storage.conf` },
    };
    const stopped = await operate(lab, ["inspect", "web2"], asPodman);
    refuses(
      stopped,
      /container web2 \([0-9a-f]{12}\) is not running \(podman says: created\), so it has no interface$/,
    );
  }),
);

test(
  "wrong names, ambiguous ones, and a record that cannot be used: one clear line each",
  withLab(async (lab) => {
    const runc = makeRuntime(lab, "runc");
    const bundles = ["web-a", "web-b"].map((id) => makeBundle(lab, { id }));
    for (const bundle of bundles) assert.is((await runc.start(bundle)).code, 0);
    refuses(await operate(lab, ["inspect", "web-"]), /"web-" could be any of 2 containers: web-a, web-b$/);
    refuses(await operate(lab, ["inspect", "nobody"]), /no container "nobody" is attached/);
    refuses(await operate(lab, ["inspect", "../../etc/passwd"]), /no container "..\/..\/etc\/passwd" is attached/);
    refuses(await operate(lab, ["inspect", "a\nb\u001b[31m"]), /no container "a\\nb\\u001b\[31m" is attached/);
    const { runDir } = berthDirs(lab);
    writeFileSync(`${runDir}/attachments/web-b/eth0.json`, "{");
    refuses(await operate(lab, ["inspect", "web-b"]), /the record .*web-b\/eth0\.json cannot be used: it is not JSON$/);
    const partly = await operate(lab, ["inspect-all"]);
    assert.is(partly.code, 0);
    assert.is(JSON.parse(partly.stdout).Container, "web-a");
    assert.match(partly.stderr, /^berth: inspect-all: the record .* cannot be used: it is not JSON$/);
    const mixed = await operate(lab, ["inspect", "web-a", "nobody"]);
    assert.is(mixed.code, 1);
    assert.is(JSON.parse(mixed.stdout).Container, "web-a");
    for (const words of [["inspect"], ["inspect-all", "web-a"], ["inspect", "--frobnicate", "web-a"]]) {
      const ran = await operate(lab, words);
      assert.is(ran.code, 2);
      assertOneLine(ran, words.join(" "));
      assert.match(ran.stderr, `see 'berth ${words[0]} --help'`);
    }
  }),
);

test.run();
