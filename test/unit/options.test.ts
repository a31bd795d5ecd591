/** What a container may ask for by annotations and variables, and hostile ways of asking. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readWishes } from "../../src/config/wishes.ts";
import { parseSpec } from "../../src/oci/spec.ts";
import { parseState } from "../../src/oci/state.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

type Strings = Readonly<Record<string, string>>;
type Asked = { readonly state?: Strings; readonly spec?: Strings; readonly env?: readonly string[] };

const ask = ({ state = {}, spec = {}, env = [] }: Asked) =>
  readWishes(
    outcomeOf(
      parseState(JSON.stringify({ ociVersion: "1", id: "web1", status: "creating", bundle: "/b", annotations: state })),
    ),
    outcomeOf(parseSpec(JSON.stringify({ root: { path: "r" }, process: { env }, annotations: spec }))),
  );
const wishes = (asked: Asked) => outcomeOf(ask(asked));
const refused = (asked: Asked) => errorOf(ask(asked));

const good: Strings = {
  network: "lan",
  ifname: "net1",
  mac: "02:00:5e:10:00:01",
  ip: "10.0.0.5/24@10.0.0.1",
  hostname: "web.lan",
  identity: "shop / web 1",
  vlan: "12",
};

const hostile = [
  "a\nb",
  "a;reboot",
  "$(reboot)",
  "`reboot`",
  "a b ",
  "../../etc/passwd",
  "grün",
  "\u202e",
  "a\0b",
  "\u001b[2J",
  "x".repeat(4096),
];

test("nothing asked, nothing wished", () => {
  assert.equal(
    wishes({ env: ["PATH=/bin", "BERTH", "BERTHA=1"], state: { "io.berth": "x", "io.berthing.ip": "y" } }),
    {},
  );
});

test("each option by annotation and by variable", () => {
  for (const [key, value] of Object.entries(good)) {
    const annotation = Object.entries(wishes({ state: { [`io.berth.${key}`]: value } }));
    assert.equal(
      annotation.map(([name, { where }]) => [name, where]),
      [[key, `annotation io.berth.${key}`]],
    );
    const name = `BERTH_${key.toUpperCase()}`;
    const variable = Object.entries(wishes({ env: [`${name}=${value}`] }));
    assert.equal(
      variable.map(([name, { where }]) => [name, where]),
      [[key, `environment variable ${name}`]],
    );
  }
});

test("the state wins over the bundle, the bundle over variables, the last variable over the first", () => {
  const env = ["BERTH_NETWORK=a", "BERTH_NETWORK=b"];
  const name = "io.berth.network";
  assert.is(wishes({ env }).network?.value, "b");
  assert.is(wishes({ env, spec: { [name]: "c" } }).network?.value, "c");
  assert.is(wishes({ env, spec: { [name]: "c" }, state: { [name]: "d" } }).network?.value, "d");
});

test("an unknown annotation of ours is an error, wherever it is; berth's own are left alone", () => {
  for (const key of ["foo", "IP", "", "ip.", " ip", "__proto__", "toString", "a\nb"]) {
    for (const place of ["state", "spec"] as const) {
      const annotations: Strings = JSON.parse(`{${JSON.stringify(`io.berth.${key}`)}:"x"}`);
      const { what, where, todo } = refused({ [place]: annotations });
      assert.is(what, "unknown option");
      assert.match(where, /^annotation "io\.berth\.[\x20-\x7e]*"$/);
      assert.match(todo, /io\.berth\.identity/);
    }
  }
  assert.equal(wishes({ state: { "io.berth.internal.x": "\n" } }), {});
});

test("variables that are none of ours are the application's", () => {
  assert.equal(
    wishes({ env: ["BERTH_PORT=80", "BERTH_=1", "BERTH_ip=x", "Berth_IP=x", "BERTH_IP", "=BERTH_IP=x"] }),
    {},
  );
});

test("an empty value is an error", () => {
  for (const key of Object.keys(good)) {
    assert.is(refused({ state: { [`io.berth.${key}`]: "" } }).what, "it is empty");
    assert.is(refused({ env: [`BERTH_${key.toUpperCase()}=`] }).what, "it is empty");
  }
});

test("hostile values are refused in one harmless line, whatever the option", () => {
  for (const key of Object.keys(good)) {
    if (key === "network") continue;
    for (const value of hostile) {
      if (key === "identity" && /^[\x20-\x7e]{1,256}$/.test(value)) continue;
      const { where, what, todo } = refused({ state: { [`io.berth.${key}`]: value } });
      assert.match(`${where}: ${what}: ${todo}`, /^[\x20-\x7e]{1,400}$/, `${key} ${value.slice(0, 20)}`);
    }
  }
});

test("interface names", () => {
  for (const ifname of ["lo", "..", ".", "-x", "x".repeat(16), "a/b", "a:1", "eth0 "])
    assert.match(refused({ state: { "io.berth.ifname": ifname } }).todo, /interface name/);
});

test("a MAC must be one that a single interface can have", () => {
  assert.is(wishes({ env: ["BERTH_MAC=02-00-5E-AA-BB-CC"] }).mac?.value, "02:00:5e:aa:bb:cc");
  for (const mac of [
    "01:00:5e:00:00:01",
    "ff:ff:ff:ff:ff:ff",
    "00:00:00:00:00:00",
    "02:00:5e:10:00",
    "02:00:5e:10:00:0g",
  ])
    assert.match(refused({ env: [`BERTH_MAC=${mac}`] }).todo, /unicast/);
});

test("addresses that no host has, and gateways that cannot be one", () => {
  const bad = [
    "DHCP",
    "10.0.0.5",
    "10.0.0.5/0",
    "10.0.0.5/33",
    "10.0.0.05/24",
    "10.0.0.0/24",
    "10.0.0.255/24",
    "127.0.0.1/8",
    "224.0.0.1/24",
    "0.0.0.0/24",
    "255.255.255.255/32",
    "10.0.0.5/24@",
    "10.0.0.5/24@10.0.0.5",
    "10.0.0.5/24@10.0.0.0",
    "10.0.0.5/24@10.0.0.255",
    "10.0.0.5/24@224.0.0.1",
    "10.0.0.5/24@10.0.0.1@10.0.0.2",
    "10.0.0.5/24,",
    ",10.0.0.5/24",
    "10.0.0.5/24, 10.0.0.6/24",
    "10.0.0.5/24,10.0.0.5/25",
    "10.0.0.5/24@10.0.0.6,10.0.0.6/24",
    "10.0.0.5/24@10.0.0.1,10.0.0.6/24@10.0.0.2",
    "dhcp,10.0.0.5/24",
    "fe80::1/64",
    "10.0.0.5/24 dev eth1",
    Array.from({ length: 17 }, (_, at) => `10.0.0.${at + 1}/24`).join(","),
    "10.0.0.5/24,".repeat(1000),
  ];
  for (const ip of bad) assert.ok(ask({ env: [`BERTH_IP=${ip}`] }).isErr(), ip);
  for (const ip of [
    "dhcp",
    "10.0.0.5/32@10.0.0.1",
    "10.0.0.0/31@10.0.0.1",
    "10.0.0.1/1",
    "10.0.0.5/24,10.1.0.5/16@10.1.0.1",
  ])
    assert.ok(ask({ env: [`BERTH_IP=${ip}`] }).isOk(), ip);
});

test("identities are printable ASCII of at most 256 characters", () => {
  assert.is(wishes({ env: [`BERTH_IDENTITY=${"x".repeat(256)}`] }).identity?.value.length, 256);
  for (const identity of ["x".repeat(257), "a\tb", "a\u007f", "ü"])
    assert.match(refused({ env: [`BERTH_IDENTITY=${identity}`] }).todo, /printable/);
});

test("VLAN numbers", () => {
  for (const vlan of ["0", "4095", "1.5", "-1", "01", "1e3"])
    assert.ok(ask({ env: [`BERTH_VLAN=${vlan}`] }).isErr(), vlan);
  assert.is(wishes({ env: ["BERTH_VLAN=4094"] }).vlan?.value, 4094);
});

test.run();
