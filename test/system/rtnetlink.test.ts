/** Changes by rtnetlink as the kernel takes them, in namespaces of this process's own, looked at with iproute2. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Cidr, Ifname, Ipv4, Ipv6, Mac } from "../../src/net/address.ts";
import { type Change, forEver } from "../../src/netns/change.ts";
import { closeNetns, enterNew, leave, type Netns, openOwnNetns, pathForChildren } from "../../src/netns/enter.ts";
import type { Alias } from "../../src/netns/ip.ts";
import { addPair, changeHere, changeIn, changeWhatever } from "../../src/netns/rtnetlink.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const eth0 = "eth0" as Ifname;

const must = (...words: readonly string[]): string => {
  const ran = Bun.spawnSync([...words], { stdout: "pipe", stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`${words.join(" ")}: ${ran.stderr}`);
  return ran.stdout.toString();
};
const ip = (...args: readonly string[]): string => must("ip", ...args);
const ipIn = (netns: Netns, ...args: readonly string[]): string =>
  must("nsenter", `--net=${pathForChildren(netns)}`, "ip", ...args);

/** In a new namespace with eth0 and eth1, whose other ends are there as well. */
const inNew = (work: (netns: Netns, home: Netns) => void) => (): void => {
  const home = open();
  const netns = outcomeOf(enterNew());
  try {
    for (const name of ["eth0", "eth1"]) ip("link", "add", name, "type", "veth", "peer", "name", `far-${name}`);
    work(netns, home);
  } finally {
    leave(home);
    closeNetns(netns);
    closeNetns(home);
  }
};
const open = () => outcomeOf(openOwnNetns());

const address = (text: string, seconds = forEver): Change => ({
  ...{ kind: "address", ifname: eth0, address: text as Cidr, seconds },
});
const noAddress = (text: string): Change => ({ kind: "no-address", ifname: eth0, address: text as Cidr });
const route = (to: string, via: string | null, ifname = eth0): Change => ({
  ...{ kind: "route", ifname, to: to as Cidr, via: via as Ipv4 | Ipv6 | null },
});
const noRoute = (to: string, via: string | null): Change => ({
  ...{ kind: "no-route", ifname: eth0, to: to as Cidr, via: via as Ipv4 | Ipv6 | null },
});
const up: Change = { kind: "up", ifname: eth0 };

test(
  "a link: up, MTU, MAC, alias, each a second time too",
  inNew(() => {
    const changes: readonly Change[] = [
      { kind: "up", ifname: "lo" },
      up,
      { kind: "mtu", ifname: eth0, mtu: 1400 },
      { kind: "mac", ifname: eth0, mac: "02:00:5e:10:00:01" as Mac },
      { kind: "alias", ifname: eth0, alias: "berth:web1:eth0" as Alias },
    ];
    for (const _ of ["once", "twice"]) outcomeOf(changeHere(changes));
    const [link] = JSON.parse(ip("-j", "link", "show", "eth0"));
    assert.equal([link.mtu, link.address, link.ifalias], [1400, "02:00:5e:10:00:01", "berth:web1:eth0"]);
    assert.ok(link.flags.includes("UP"));
    assert.match(ip("link", "show", "lo"), "LOOPBACK,UP");
  }),
);

test(
  "addresses with a lifetime and without, prolonged, and gone",
  inNew(() => {
    outcomeOf(changeHere([up, address("10.88.0.77/24", 3600), address("192.0.2.1/31"), address("2001:db8::7/64")]));
    assert.match(ip("address", "show", "eth0"), /inet 10\.88\.0\.77\/24 brd 10\.88\.0\.255 .*\n\s+valid_lft 3600sec/);
    assert.match(ip("address", "show", "eth0"), /inet 192\.0\.2\.1\/31 scope .*\n\s+valid_lft forever/);
    assert.match(ip("address", "show", "eth0"), /inet6 2001:db8::7\/64 /);
    outcomeOf(changeHere([address("10.88.0.77/24", 7200)]));
    assert.match(ip("address", "show", "eth0"), "valid_lft 7200sec");
    outcomeOf(changeHere([noAddress("10.88.0.77/24"), noAddress("192.0.2.1/31"), noAddress("2001:db8::7/64")]));
    assert.not.match(ip("address", "show", "eth0"), /10\.88|192\.0|2001/);
  }),
);

test(
  "routes: on the link, by a gateway, everything; replaced, and gone",
  inNew(() => {
    const more = [route("10.9.0.0/16", null), route("198.51.100.0/24", "10.88.0.2"), route("0.0.0.0/0", "10.88.0.1")];
    for (const _ of ["once", "twice"]) outcomeOf(changeHere([up, address("10.88.0.77/24"), ...more]));
    const lines = (): readonly string[] =>
      ip("route")
        .split("\n")
        .map((row) => row.replace(/ linkdown *$/, "").trim())
        .filter((row) => row !== "" && !row.includes("proto kernel"));
    const expected = ["default via 10.88.0.1 dev eth0", "10.9.0.0/16 dev eth0 scope link"];
    assert.equal(lines(), [...expected, "198.51.100.0/24 via 10.88.0.2 dev eth0"]);
    outcomeOf(changeHere([route("0.0.0.0/0", "10.88.0.9"), noRoute("198.51.100.0/24", "10.88.0.2")]));
    assert.equal(lines(), ["default via 10.88.0.9 dev eth0", expected[1]]);
    outcomeOf(changeHere([noRoute("10.9.0.0/16", null), noRoute("0.0.0.0/0", "10.88.0.9")]));
    assert.equal(lines(), []);
  }),
);

test(
  "from outside, into a namespace that is held open",
  inNew((netns, home) => {
    leave(home);
    outcomeOf(changeIn(netns, home, [up, address("10.88.0.77/24")]));
    assert.not.match(ip("-o", "address"), "10.88.0.77");
    assert.match(ipIn(netns, "-o", "address"), "eth0    inet 10.88.0.77/24");
  }),
);

test(
  "a pair with one end elsewhere; a name that is taken is told apart",
  inNew((here, home) => {
    const other = outcomeOf(enterNew());
    outcomeOf(changeHere([{ kind: "up", ifname: "lo" }]));
    leave(here);
    ip("link", "add", "br0", "type", "bridge");
    const pair = {
      ...{ port: "bt1" as Ifname, portMac: "fe:ff:00:00:00:01" as Mac, master: "br0" as Ifname },
      ...{ peer: eth0, peerMac: "02:00:5e:10:00:01" as Mac, netns: other, mtu: 1400 },
    };
    outcomeOf(addPair(pair));
    const [port] = JSON.parse(ip("-j", "link", "show", "bt1"));
    assert.equal([port.master, port.address, port.mtu], ["br0", "fe:ff:00:00:00:01", 1400]);
    const [peer] = JSON.parse(ipIn(other, "-j", "link", "show", "eth0"));
    assert.equal([peer.address, peer.mtu], ["02:00:5e:10:00:01", 1400]);
    assert.is(errorOf(addPair(pair)).errno, 17);
    const nowhere = errorOf(addPair({ ...pair, port: "bt2" as Ifname, master: "br9" as Ifname }));
    assert.equal([nowhere.errno, nowhere.line], [19, "ip link show br9"]);
    leave(home);
    closeNetns(other);
  }),
);

test(
  "a refusal names the change and the kernel's reason",
  inNew(() => {
    const refusals: readonly (readonly [Change, RegExp])[] = [
      [route("0.0.0.0/0", "10.88.0.1"), /^Nexthop has invalid gateway \(ENETUNREACH/],
      [route("10.9.0.1/16", null), /^Invalid prefix for given prefix length \(EINVAL/],
      [noRoute("10.9.0.0/16", null), /ESRCH/],
      [{ kind: "mtu", ifname: eth0, mtu: 20 }, /EINVAL/],
      [{ kind: "up", ifname: "eth9" as Ifname }, /ENODEV/],
      [{ ...address("10.88.0.77/24"), ifname: "eth9" as Ifname }, /ENODEV/],
    ];
    for (const [change, why] of refusals) {
      const error = errorOf(changeHere([up, change, address("192.0.2.77/24")]));
      assert.match(error.kind === "ip" ? error.why : error.kind, why, error.line);
      assert.match(error.line, change.kind === "address" ? "ip link show eth9" : change.ifname);
      assert.not.match(ip("address", "show", "eth0"), "192.0.2.77", "it went on");
    }
  }),
);

test(
  "whatever becomes of each: what is gone stops nothing, and nobody else's route is taken",
  inNew((netns, home) => {
    outcomeOf(changeHere([up, address("10.88.0.77/24")]));
    changeWhatever(netns, home, [noRoute("10.9.0.0/16", null), noAddress("10.88.0.1/24"), noAddress("10.88.0.77/24")]);
    outcomeOf(changeHere([]));
    const inside = (): string => ipIn(netns, "route");
    assert.not.match(inside(), "10.88.0.77");
    outcomeOf(
      changeIn(netns, home, [
        { kind: "up", ifname: "eth1" as Ifname },
        { ...address("10.88.0.78/24"), ifname: "eth1" as Ifname },
        route("0.0.0.0/0", "10.88.0.1", "eth1" as Ifname),
      ]),
    );
    changeWhatever(netns, home, [{ ...noRoute("0.0.0.0/0", "10.88.0.1"), ifname: "gone0" as Ifname }]);
    assert.match(inside(), "default via 10.88.0.1 dev eth1");
  }),
);

test.run();
