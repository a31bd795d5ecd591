/**
 * Documents as no runtime would write them: mutations of a real state, spec and configuration. Whatever they are, nothing
 * throws, every message is one printable line, and what is planned has no character that could mean something elsewhere.
 *
 * BERTH_FUZZ_SEED repeats a run, BERTH_FUZZ_ROUNDS makes it longer.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseConfig } from "../../src/config/load.ts";
import { plan } from "../../src/config/plan.ts";
import type { PlannedAttachment } from "../../src/config/types.ts";
import * as address from "../../src/net/address.ts";
import { parseSpec } from "../../src/oci/spec.ts";
import { parseState } from "../../src/oci/state.ts";

const seed = Number(process.env["BERTH_FUZZ_SEED"] ?? Date.now() % 2 ** 32);
const rounds = Number(process.env["BERTH_FUZZ_ROUNDS"] ?? 20_000);
console.log(`BERTH_FUZZ_SEED=${seed}`);

/** mulberry32. */
let state = seed >>> 0;
const random = (): number => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (most: number): number => Math.floor(random() * most);
const pick = <T>(values: readonly [T, ...T[]]): T => values[below(values.length)] ?? values[0];

/** `runc spec`, shortened, with wishes. */
const spec = {
  ociVersion: "1.0.2-dev",
  process: {
    terminal: true,
    user: { uid: 0, gid: 0 },
    args: ["sh"],
    env: ["PATH=/usr/bin:/bin", "TERM=xterm", "BERTH_HOSTNAME=web", "BERTH_IDENTITY=shop web"],
    cwd: "/",
    rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
  },
  root: { path: "rootfs", readonly: true },
  hostname: "runc",
  mounts: [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/etc/hosts", type: "bind", source: "/var/hosts", options: ["rbind", "ro"] },
  ],
  linux: {
    resources: { devices: [{ allow: false, access: "rwm" }] },
    namespaces: [{ type: "pid" }, { type: "network" }, { type: "mount" }],
  },
  annotations: { "io.berth.network": "lan", "org.example": "x" },
};
const ociState = {
  ociVersion: "1.0.2-dev",
  id: "web1",
  status: "creating",
  pid: 4711,
  bundle: "/run/bundles/web1",
  annotations: {
    "io.berth.ip": "10.0.0.5/24@10.0.0.1",
    "io.berth.mac": "02:00:5e:10:00:01",
    "io.berth.ifname": "net1",
  },
};
const config = {
  when: "empty-netns",
  networks: {
    lan: {
      bridge: "br0",
      ip: "10.0.0.9/24@10.1.0.1",
      dns: ["10.0.0.2"],
      search: ["lan"],
      routes: [{ to: "10.7.0.0/16", via: "10.0.0.7" }, { to: "10.8.0.0/16" }],
      dhcp: { timeout: 5, clientId: "duid" },
    },
    default: { bridge: "br1", overrides: ["network", "ip"] },
  },
};

const fragments: readonly [string, ...string[]] = [
  "",
  "\n",
  "\0",
  " ",
  ";",
  "$(reboot)",
  "../",
  "é",
  "\u202e",
  "\ud800",
  "\u001b[2J",
  "lo",
  "@10.0.0.1",
  ",10.0.0.6/24",
  "/32",
  "-",
  ".",
  "0",
  "255",
  "x".repeat(4096),
];
const keys: readonly [string, ...string[]] = [
  "io.berth.ip",
  "io.berth.hostname",
  "io.berth.identity",
  "io.berth.vlan",
  "io.berth.x\n",
  "__proto__",
  "constructor",
  "",
];

const strange = (): unknown =>
  pick<() => unknown>([
    () => null,
    () => pick([0, -1, 1.5, 1e308, 2 ** 53, true, false]),
    () => [],
    () => ({}),
    () => ({ [pick(keys)]: pick(fragments) }),
    () => [pick(fragments), null],
    () => pick(fragments) + pick(fragments),
  ])();

const spoilt = (text: string): string => {
  const at = below(text.length + 1);
  return pick<() => string>([
    () => text.slice(0, at) + pick(fragments) + text.slice(at),
    () => text.slice(0, at) + text.slice(at + 1 + below(3)),
    () => pick(fragments),
    () => text + text,
  ])();
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** A copy in which one place, chosen by walking down at random, is another. */
const mutated = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    const at = below(value.length + 1);
    return random() < 0.1 ? [...value, ...value] : [...value.slice(0, at), mutated(value[at]), ...value.slice(at + 1)];
  }
  if (isObject(value) && random() < 0.9) {
    const names = Object.keys(value);
    const name = names[below(names.length + 1)];
    if (name === undefined) return { ...value, [pick(keys)]: strange() };
    if (random() < 0.1) return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
    return { ...value, [name]: mutated(value[name]) };
  }
  return typeof value === "string" && random() < 0.8 ? spoilt(value) : strange();
};

const textOf = (document: unknown): string => {
  let value = document;
  for (let times = below(4); times > 0; times -= 1) value = mutated(value);
  const text = JSON.stringify(value) ?? "";
  return random() < 0.03 ? spoilt(text) : text;
};

const oneLine = /^[\x20-\x7e]{1,1000}$/;

const stringsOf = (value: unknown): readonly string[] => {
  if (typeof value === "string") return [value];
  return isObject(value) ? Object.values(value).flatMap(stringsOf) : [];
};

const check = (planned: PlannedAttachment): void => {
  assert.is(address.parseContainerId(planned.id), planned.id);
  for (const name of [planned.bridge, planned.ifname]) assert.ok(address.parseIfname(name) === name && name !== "lo");
  assert.match(planned.network, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/);
  if (planned.mac !== null) assert.ok(address.parseMac(planned.mac) === planned.mac && address.isUnicast(planned.mac));
  for (const name of [planned.hostname, ...planned.search])
    if (name !== null) assert.is(address.parseHostname(name), name);
  for (const ip of planned.dns) assert.is(address.parseIpv4(ip) ?? address.parseIpv6(ip), ip);
  if (planned.addressing.kind === "static") {
    assert.ok(planned.addressing.addresses.length > 0);
    for (const cidr of planned.addressing.addresses) assert.is(address.parseCidr(cidr), cidr);
    const destinations = planned.addressing.routes.map(({ to }) => to);
    assert.is(new Set(destinations).size, destinations.length);
    for (const { to, via } of planned.addressing.routes) {
      assert.is(address.parseCidr(to), to);
      if (via !== null) assert.is(address.parseIpv4(via), via);
    }
  }
  assert.ok(planned.dhcp.timeoutMs >= 500 && planned.dhcp.timeoutMs <= 120_000);
  for (const text of stringsOf(planned)) assert.match(text, /^[\x20-\x7e]+$/);
};

test(`${rounds} strange documents: a sound plan, or one line that says why not`, () => {
  let attached = 0;
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    const texts = [textOf(ociState), textOf(spec), textOf(config)] as const;
    try {
      const outcome = parseState(texts[0]).andThen((read) =>
        parseSpec(texts[1]).andThen((bundle) =>
          parseConfig(texts[2], "/etc/berth/berth.json").andThen((settings) => plan(read, bundle, settings)),
        ),
      );
      outcome.match(
        (planned) => {
          if (planned.kind === "not-ours") return;
          attached += 1;
          planned.attachments.forEach(check);
        },
        (error) => {
          refused += 1;
          assert.match("message" in error ? error.message : `${error.where}: ${error.what}: ${error.todo}`, oneLine);
        },
      );
    } catch (thrown) {
      console.error(`BERTH_FUZZ_SEED=${seed}, round ${round}:\n${texts.map((text) => text.slice(0, 2000)).join("\n")}`);
      throw thrown;
    }
  }
  // Both ways are taken often enough to mean something.
  assert.ok(attached > rounds / 50 && refused > rounds / 50, `${attached} attached, ${refused} refused`);
});

test.run();
