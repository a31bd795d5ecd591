/** berth.json: its defaults, its mistakes with their place, and files that are none. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultConfig, loadConfig, parseConfig } from "../../src/config/load.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const file = "/etc/berth/berth.json";
const read = (document: unknown) => parseConfig(JSON.stringify(document), file);
const network = (change: Readonly<Record<string, unknown>>) =>
  read({ networks: { lan: { bridge: "br0", ...change } } });
const refused = (change: Readonly<Record<string, unknown>>): string => errorOf(network(change)).message;
const wrong = (text: string): string => errorOf(parseConfig(text, file)).message;

const directory = mkdtempSync(join(tmpdir(), "berth-config-"));
const place = (name: string): string => join(directory, name);
test.after(() => rmSync(directory, { recursive: true }));

test("without a file there is one network, DHCP on br0", () => {
  const config = outcomeOf(loadConfig(null, place("none")));
  assert.equal(config, defaultConfig());
  assert.equal([...config.networks.keys()], ["default"]);
  assert.equal(config.networks.get("default")?.bridge, "br0");
  assert.equal(config.when, "empty-netns");
});

test("what is left out has its default", () => {
  const lan = outcomeOf(network({})).networks.get("lan");
  assert.equal(lan, defaultConfig().networks.get("default"));
  assert.equal(lan?.dhcp, {
    timeout: 10,
    clientId: { kind: "mac" },
    hostname: true,
    conflictDetection: false,
    rapidCommit: false,
  });
  assert.equal(lan?.overrides, ["network", "ifname", "mac", "ip", "hostname", "identity"]);
  assert.equal(lan?.ip, { kind: "dhcp" });
});

test("a file that was named must be there", () => {
  assert.match(errorOf(loadConfig(place("none"))).message, /none cannot be read: there is no such file/);
});

test("a link to nothing in the default place is a mistake, not the absence of a file", () => {
  symlinkSync(place("nowhere"), place("dangling"));
  assert.match(errorOf(loadConfig(null, place("dangling"))).message, /no such file/);
});

test("a directory, a FIFO, a device and a huge file are refused, in both places", () => {
  spawnSync("mkfifo", [place("fifo")]);
  writeFileSync(place("large"), " ".repeat(1024 * 1024 + 1));
  const cases = { fifo: /regular file/, large: /larger than 1048576 bytes/, ".": /regular file/ };
  for (const [name, expected] of Object.entries(cases)) {
    assert.match(errorOf(loadConfig(place(name))).message, expected);
    assert.match(errorOf(loadConfig(null, place(name))).message, expected);
  }
  assert.match(errorOf(loadConfig("/dev/zero")).message, /regular file/);
  assert.ok(loadConfig(null, "/dev/null/berth.json").isErr());
});

test("a syntax error has line and column, and a key that is there twice is one", () => {
  assert.match(wrong('{\n  "networks": {},\n}'), /^\/etc\/berth\/berth\.json: not JSON at line 3, column 1: /);
  assert.match(wrong(""), /line 1, column 1/);
  assert.match(wrong('{"networks":{"a":{"bridge":"x"},"a":{"bridge":"y"}}}'), /column 33: the key "a" is there twice/);
  assert.match(wrong("[".repeat(100_000)), /nested deeper than 128 levels/);
  assert.match(wrong('// comment\n{"networks":{}}'), /line 1, column 1: expected a value, found "\/"/);
  assert.match(wrong('{"when":"a\tb"}'), /control character/);
});

test("an unknown key is an error with its place, even where something else is missing for it", () => {
  assert.match(wrong('{"network":{}}'), /: unknown key "network"$/);
  assert.match(refused({ brigde: "x" }), /networks\.lan: unknown key "brigde"/);
  assert.match(refused({ dhcp: { timeuot: 1 } }), /networks\.lan\.dhcp: unknown key "timeuot"/);
  assert.match(refused({ routes: [{ to: "10.0.0.0/8", dev: "x" }] }), /networks\.lan\.routes\[0\]: unknown key "dev"/);
});

test("gc, keeper and metrics have defaults, and a mistake in them is named", () => {
  const networks = { a: { bridge: "b" } };
  const plain = outcomeOf(read({ $schema: "x", networks }));
  assert.equal([plain.gc, plain.keeper, plain.metrics], [{ broken: "repair", every: 60 }, { autostart: true }, {}]);
  assert.equal(
    [defaultConfig().gc, defaultConfig().keeper, defaultConfig().metrics],
    [plain.gc, plain.keeper, plain.metrics],
  );
  const listening = outcomeOf(read({ networks, metrics: { listen: "[::1]:9467" } }));
  assert.equal(listening.metrics.listen, { hostname: "::1", port: 9467 });
  for (const [wrong, says] of [
    [{ gc: 5 }, /gc: expected an object, found 5/],
    [{ gc: { broken: "mend" } }, /gc\.broken: .*"mend"/],
    [{ gc: { every: 0 } }, /gc\.every: /],
    [{ keeper: { autostart: "no" } }, /keeper\.autostart: /],
    [{ metrics: { listen: "localhost:80" } }, /metrics\.listen: expected an address and a port/],
    [{ metrics: { listen: "127.0.0.1:70000" } }, /metrics\.listen: expected an address and a port/],
    [{ metrics: { listn: "127.0.0.1:1" } }, /listn/],
  ] as const)
    assert.match(errorOf(read({ networks, ...wrong })).message, says);
});

test("the names of networks", () => {
  const named = (name: string) => parseConfig(`{"networks":{${JSON.stringify(name)}:{"bridge":"br0"}}}`, file);
  for (const name of ["lan", "LAN-2", "a.b_c", "0", "x".repeat(32), "constructor"]) assert.ok(named(name).isOk(), name);
  for (const name of ["", "a b", "../x", ".", "..", "-x", "a\nb", "é", "a;b", "$(x)", "x".repeat(33), "__proto__"]) {
    assert.match(errorOf(named(name)).message, /^[\x20-\x7e]{1,300}$/, name);
  }
  assert.match(wrong('{"networks":{"a":{"bridge":"x"},"__proto__":{"bridge":"y"}}}'), /cannot be called "__proto__"/);
  assert.match(wrong('{"networks":{}}'), /networks: expected at least one network/);
  assert.match(wrong('{"networks":[]}'), /networks: expected an object, found an array/);
});

test("the default network must be one of them", () => {
  const networks = { a: { bridge: "x" } };
  assert.is(outcomeOf(read({ defaultNetwork: "a", networks })).defaultNetwork, "a");
  for (const defaultNetwork of ["b", "toString"])
    assert.match(errorOf(read({ defaultNetwork, networks })).message, /defaultNetwork: there is no network/);
});

test("each setting is refused at its own place", () => {
  const cases: Readonly<Record<string, readonly unknown[]>> = {
    bridge: ["", "a b", "br0;reboot", "br0\nlink del", "x".repeat(16), "lo", "-x", 5, null, undefined],
    ifname: ["", "lo", "..", "eth0 up", "a/b"],
    driver: ["ovs", "", 1],
    ip: ["", "auto", "10.0.0.5", "10.0.0.0/24", "10.0.0.5/24\n", "10.0.0.5/24@", "fe80::1/64"],
    mtu: [0, 67, 65536, 1500.5, "1500", null],
    dns: ["10.0.0.1", ["x"], ["10.0.0.1\n"], ["fe80::1%eth0"], Array.from({ length: 9 }, () => "10.0.0.1")],
    search: [["a b"], ["-x.test"], ["a\nnameserver 1"], "lan"],
    resolvConf: ["yes", 1, null],
    hosts: ["no", 0],
    overrides: [["everything"], "all", [1]],
    dhcp: [null, [], { timeout: 0.4 }, { timeout: 121 }, { timeout: "10" }, { clientId: "" }, { clientId: "a\nb" }],
    routes: [{}, [5], [{}], [{ to: "10.0.0.1/8" }], [{ to: "10.0.0.0/8", via: "x" }], [{ to: "10.0.0.0/33" }]],
  };
  for (const [key, values] of Object.entries(cases)) {
    for (const value of values) {
      const message = refused({ [key]: value });
      assert.ok(message.startsWith(`${file}: networks.lan.${key}`), message);
      assert.match(message, /^[\x20-\x7e]{1,300}$/);
    }
  }
  assert.match(errorOf(read({ when: "always", networks: {} })).message, /when: expected "empty-netns" or "asked"/);
});

test("the DHCP client identifier: three words, any other text, or a text that is one of the words", () => {
  const of = (clientId: unknown) => outcomeOf(network({ dhcp: { clientId } })).networks.get("lan")?.dhcp.clientId;
  for (const kind of ["mac", "duid", "none"]) assert.equal(of(kind), { kind });
  assert.equal(of("rack 5"), { kind: "text", text: "rack 5" });
  assert.equal(of({ text: "mac" }), { kind: "text", text: "mac" });
  for (const clientId of [{ text: "" }, { text: "x".repeat(255) }, { kind: "mac" }, 5, null])
    assert.match(refused({ dhcp: { clientId } }), /networks\.lan\.dhcp\.clientId/);
});

test("static addresses and routes come out parsed", () => {
  const routes = [{ to: "10.9.0.0/16", via: "10.0.0.9" }, { to: "10.8.0.0/16" }];
  const lan = outcomeOf(network({ ip: "10.0.0.5/24@10.0.0.1", routes })).networks.get("lan");
  assert.equal(lan?.ip.kind, "static");
  assert.equal(lan?.routes, [
    { to: "10.9.0.0/16", via: "10.0.0.9" },
    { to: "10.8.0.0/16", via: null },
  ]);
});

test("a file's strange name cannot speak through a message", () => {
  assert.match(errorOf(parseConfig("", "/x\n\u001b[2J")).message, /^"\/x\\n\\u001b\[2J": not JSON/);
});

test.run();
