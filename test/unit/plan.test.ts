/** The plan: who is ours, on which network, with which name and address. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseConfig } from "../../src/config/load.ts";
import { type Facts, plan } from "../../src/config/plan.ts";
import type { PlannedAttachment } from "../../src/config/types.ts";
import { parseSpec } from "../../src/oci/spec.ts";
import { parseState } from "../../src/oci/state.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

type Given = {
  readonly id?: string;
  readonly wishes?: Readonly<Record<string, string>>;
  readonly hostname?: string | null;
  readonly namespaces?: readonly unknown[] | null;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly network?: Readonly<Record<string, unknown>>;
  readonly facts?: Facts;
};

const run = (given: Given) => {
  const { id = "web1", wishes = {}, hostname = "runc", namespaces = [{ type: "pid" }, { type: "network" }] } = given;
  const annotations = Object.fromEntries(Object.entries(wishes).map(([key, value]) => [`io.berth.${key}`, value]));
  const state = { ociVersion: "1.0.2", id, status: "creating", pid: 5, bundle: "/b", annotations };
  const spec = { root: { path: "rootfs" }, hostname, linux: { namespaces } };
  const config = { networks: { default: { bridge: "br0", ...given.network } }, ...given.config };
  return plan(
    outcomeOf(parseState(JSON.stringify(state))),
    outcomeOf(parseSpec(JSON.stringify(spec))),
    outcomeOf(parseConfig(JSON.stringify(config), "/etc/berth/berth.json")),
    given.facts,
  );
};

const attachment = (given: Given): PlannedAttachment => {
  const planned = outcomeOf(run(given));
  if (planned.kind === "attach") return planned.attachments[0];
  throw new Error(planned.because);
};
const notOurs = (given: Given): string => {
  const planned = outcomeOf(run(given));
  return planned.kind === "not-ours" ? planned.because : "";
};
const refused = (given: Given) => errorOf(run(given));

const two = { networks: { lan: { bridge: "br1" }, dmz: { bridge: "br2" } } };

test("a container that asks for nothing: DHCP on br0 as eth0", () => {
  const planned = attachment({});
  const { id, network, driver, bridge, ifname, addressing, mac, identity, hostname, mtu } = planned;
  assert.equal([id, network, driver, bridge, ifname], ["web1", "default", "linux", "br0", "eth0"]);
  assert.equal([addressing, mac, identity, hostname, mtu], [{ kind: "dhcp" }, null, null, null, null]);
  assert.is(planned.dhcp.timeoutMs, 10_000);
});

test("what the network says arrives in the plan", () => {
  const planned = attachment({
    network: {
      mtu: 1400,
      dns: ["10.0.0.2", "fd00::2"],
      search: ["lan"],
      resolvConf: false,
      hosts: false,
      dhcp: { timeout: 2.5, clientId: "duid", hostname: false, conflictDetection: true, rapidCommit: true },
    },
  });
  assert.equal([planned.mtu, planned.dns, planned.search], [1400, ["10.0.0.2", "fd00::2"], ["lan"]]);
  assert.equal([planned.writeResolvConf, planned.writeHosts], [false, false]);
  assert.equal(planned.dhcp, {
    timeoutMs: 2500,
    clientId: { kind: "duid" },
    sendHostname: false,
    conflictDetection: true,
    rapidCommit: true,
  });
});

test("a container in the host's network is not ours, whatever it asks for", () => {
  const wishes = { ip: "nonsense", foo: "bar" };
  for (const namespaces of [[], null, [{ type: "pid" }], [{ type: "network", path: "/proc/1/ns/net" }]])
    assert.is(notOurs({ namespaces, wishes }), "it shares the host's network namespace");
});

test('"asked": only who asks, by any option', () => {
  const config = { when: "asked", networks: { default: { bridge: "br0" } } };
  assert.match(notOurs({ config }), /asked/);
  for (const wishes of [{ network: "default" }, { ip: "dhcp" }, { identity: "x" }])
    assert.is(attachment({ config, wishes }).bridge, "br0");
  assert.is(refused({ config, wishes: { foo: "x" } }).what, "unknown option");
});

test("the network: as asked, else the configured default, else 'default', else the only one", () => {
  const lan = { bridge: "br1" };
  const all = { default: { bridge: "br0" }, lan };
  assert.is(attachment({ config: { networks: all }, wishes: { network: "lan" } }).network, "lan");
  assert.is(attachment({ config: { networks: all, defaultNetwork: "lan" } }).network, "lan");
  assert.is(attachment({ config: { networks: all } }).network, "default");
  assert.is(attachment({ config: { networks: { lan } } }).network, "lan");
});

test("several networks and no default is an error that names them", () => {
  const { where, todo } = refused({ config: two });
  assert.is(where, "/etc/berth/berth.json");
  assert.match(todo, /lan, dmz/);
});

test("a network that is not there is an error that names those that are", () => {
  for (const network of ["wan", "constructor", "__proto__", "lan,dmz", "lan\ndmz", "../lan", "x".repeat(4096)]) {
    const { where, what, todo } = refused({ config: two, wishes: { network } });
    assert.is(where, "annotation io.berth.network");
    assert.match(`${what}: ${todo}`, /^there is no network "[\x20-\x7e]{0,60}": the networks are lan, dmz$/);
  }
});

test("what a network does not let a container choose is an error that names both", () => {
  const wishes = {
    network: "default",
    ifname: "net1",
    mac: "02:00:00:00:00:01",
    ip: "dhcp",
    hostname: "a",
    identity: "b",
  };
  for (const [key, value] of Object.entries(wishes)) {
    const { where, what } = refused({ network: { overrides: [] }, wishes: { [key]: value } });
    assert.is(where, `annotation io.berth.${key}`);
    assert.is(what, `network default does not let a container choose its ${key}`);
    assert.ok(run({ network: { overrides: [key] }, wishes: { [key]: value } }).isOk());
  }
});

test("a VLAN is beyond the driver linux, even where it is allowed", () => {
  assert.match(refused({ wishes: { vlan: "5" } }).what, /driver linux of network default does not support VLANs/);
  assert.match(refused({ network: { overrides: ["vlan"] }, wishes: { vlan: "5" } }).what, /does not support VLANs/);
});

test("a static address with its gateway, and one whose gateway is off the prefix", () => {
  const of = (ip: string) => attachment({ wishes: { ip } }).addressing;
  assert.equal(of("10.0.0.5/24@10.0.0.1"), {
    kind: "static",
    addresses: ["10.0.0.5/24"],
    routes: [{ to: "0.0.0.0/0", via: "10.0.0.1" }],
  });
  assert.equal(of("10.0.0.5/32@10.9.9.1,10.1.0.5/16"), {
    kind: "static",
    addresses: ["10.0.0.5/32", "10.1.0.5/16"],
    routes: [
      { to: "10.9.9.1/32", via: null },
      { to: "0.0.0.0/0", via: "10.9.9.1" },
    ],
  });
  assert.equal(of("10.0.0.5/24,10.1.0.5/16@10.0.0.1").kind, "static");
});

test("the network's routes follow the gateway's, each next hop on the link", () => {
  const routes = [
    { to: "10.7.0.0/16", via: "10.0.0.7" },
    { to: "10.8.0.0/16", via: "172.16.0.1" },
    { to: "10.9.0.0/16", via: "172.16.0.1" },
    { to: "0.0.0.0/0", via: "10.0.0.254" },
    { to: "192.0.2.0/24" },
  ];
  const { addressing } = attachment({ network: { ip: "10.0.0.5/24@10.0.0.1", routes } });
  assert.equal(addressing.kind === "static" && addressing.routes, [
    { to: "0.0.0.0/0", via: "10.0.0.1" },
    { to: "10.7.0.0/16", via: "10.0.0.7" },
    { to: "172.16.0.1/32", via: null },
    { to: "10.8.0.0/16", via: "172.16.0.1" },
    { to: "10.9.0.0/16", via: "172.16.0.1" },
    { to: "192.0.2.0/24", via: null },
  ]);
  assert.equal(attachment({ network: { routes } }).addressing, { kind: "dhcp" });
});

test("the host name: as asked, else the bundle's where it is one", () => {
  assert.is(attachment({ wishes: { hostname: "web.lan" }, hostname: "other" }).hostname, "web.lan");
  assert.is(attachment({ hostname: "0123456789ab" }).hostname, "0123456789ab");
  for (const hostname of [
    "runc",
    "crun",
    "localhost",
    "(none)",
    "",
    null,
    "a b",
    "a\nb",
    "a_b",
    "$(x)",
    "x".repeat(300),
  ])
    assert.is(attachment({ hostname }).hostname, null, String(hostname));
});

test("the identity: as asked, else the engine's name, else a host name that somebody chose, else none", () => {
  const id = "4f1d2c3b4a5968778695a4b3c2d1e0f04f1d2c3b4a5968778695a4b3c2d1e0f0";
  const facts: Facts = { engineName: "shop_web_1" };
  assert.is(attachment({ wishes: { identity: "db 1" }, hostname: "web", facts }).identity, "identity:db 1");
  assert.is(attachment({ hostname: "web", facts }).identity, "name:shop_web_1");
  assert.is(attachment({ id, hostname: "web" }).identity, "hostname:web");
  assert.is(attachment({ id, wishes: { hostname: "web" }, hostname: "other" }).identity, "hostname:web");
  for (const hostname of [id.slice(0, 12), "abcdef012345", "runc", "crun", "localhost", null, "not a name"])
    assert.is(attachment({ id, hostname }).identity, null, String(hostname));
  assert.is(attachment({ facts: { engineName: "a\nb" }, hostname: "web" }).identity, "hostname:web");
});

test("an id that is itself short was chosen, and so was a host name like it", () => {
  assert.is(attachment({ id: "web1", hostname: "web1" }).identity, "hostname:web1");
  assert.is(attachment({ id: "web-frontend-1", hostname: "web-frontend" }).identity, null);
});

test("lo is nobody's to have", () => {
  assert.match(refused({ wishes: { ifname: "lo" } }).todo, /not lo/);
});

test.run();
