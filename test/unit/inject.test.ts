/** config.json before and after: hooks, mounts, and whose document stays as it is. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Injected, injected } from "../../src/inject/inject.ts";
import type { ContainerId } from "../../src/net/address.ts";
import { parseSpec } from "../../src/oci/spec.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "berth-inject-")));
test.after(() => rmSync(root, { recursive: true }));

const id = "a".repeat(64);
const executable = "/opt/berth/bin/berth";
const bundle = `${root}/bundle`;
mkdirSync(`${bundle}/rootfs/etc`, { recursive: true });
writeFileSync(`${bundle}/rootfs/etc/hosts`, "127.0.0.1 image\n");
const engine = `${root}/data/containers/${id}`;
mkdirSync(engine, { recursive: true });

type Given = {
  readonly document?: Record<string, unknown>;
  readonly text?: (text: string) => string;
  readonly config?: string;
  readonly id?: string | null;
};

const documentOf = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  ociVersion: "1.0.2",
  hostname: "web1",
  root: { path: "rootfs" },
  process: { env: ["PATH=/bin"] },
  linux: { namespaces: [{ type: "network" }], resources: { memory: { limit: 1 } } },
  ...changes,
});

const run = (given: Given = {}) => {
  const configFile = `${root}/berth.json`;
  writeFileSync(configFile, given.config ?? '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":2.5}}}}');
  const plain = JSON.stringify(documentOf(given.document), null, 1);
  const text = given.text?.(plain) ?? plain;
  const bytes = new TextEncoder().encode(text);
  const spec = outcomeOf(parseSpec(text));
  const dirs = { runDir: `${root}/run`, stateDir: `${root}/state` };
  const caller = { executable, settings: ["--run-dir", dirs.runDir] };
  const container = { id: (given.id === undefined ? id : given.id) as ContainerId | null, bundle, spec, bytes };
  return { text, result: injected(container, { caller, configFile, dirs }) };
};

type Document = {
  readonly hooks: Record<string, readonly Record<string, unknown>[]>;
  readonly mounts?: readonly Record<string, unknown>[];
};

const textOf = (outcome: Injected): string => {
  if (outcome.kind === "ours") return new TextDecoder().decode(outcome.bytes);
  throw new Error(`not ours: ${outcome.because}`);
};
const ours = (given: Given = {}): Document => JSON.parse(textOf(outcomeOf(run(given).result)));
const notOurs = (given: Given): string => {
  const outcome = outcomeOf(run(given).result);
  return outcome.kind === "not-ours" ? outcome.because : "";
};

const docker = (networkMode: string, labels: Record<string, string> = {}): Given => {
  writeFileSync(`${engine}/config.v2.json`, JSON.stringify({ ID: id, Name: "/web1", Config: { Labels: labels } }), {
    mode: 0o600,
  });
  writeFileSync(`${engine}/hostconfig.json`, JSON.stringify({ NetworkMode: networkMode }), { mode: 0o600 });
  const mounts = ["resolv.conf", "hosts"].map((name) => ({
    destination: `/etc/${name}`,
    type: "bind",
    source: `${engine}/${name}`,
  }));
  return { document: { mounts, hooks: { prestart: [{ path: "/proc/1/exe", args: ["libnetwork-setkey"] }] } } };
};

test("both hooks, with settings, an environment and a limit that outlasts the network's", () => {
  const hook = (stage: string, timeout: number) => ({
    path: executable,
    args: ["berth", stage, "--run-dir", `${root}/run`],
    env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
    timeout,
  });
  const { createRuntime, poststop } = ours().hooks;
  assert.equal(createRuntime, [hook("createRuntime", 23)]);
  assert.equal(poststop, [hook("poststop", 30)]);
});

test("beside the engine's own hooks, and without mounts where it has its own", () => {
  const before = docker("none");
  const after = ours(before);
  assert.equal(Object.keys(after.hooks), ["prestart", "createRuntime", "poststop"]);
  assert.equal(after.hooks["prestart"], [{ path: "/proc/1/exe", args: ["libnetwork-setkey"] }]);
  assert.equal(after.mounts, before.document?.["mounts"]);
});

test("a number that no double can hold stays", () => {
  const text = (plain: string) => plain.replace('"limit": 1', '"limit": 9223372036854775807, "swap": 1.50');
  assert.match(textOf(outcomeOf(run({ text }).result)), '"limit": 9223372036854775807, "swap": 1.50');
});

test("twice is as good as once", () => {
  const once = textOf(outcomeOf(run().result));
  assert.is(textOf(outcomeOf(run({ text: () => once }).result)), once);
});

test("hooks that an operator has registered are not doubled", () => {
  for (const [stage, hook] of [
    ["createRuntime", { path: "/usr/local/bin/berth", args: ["berth", "createRuntime"] }],
    ["createRuntime", { path: "/usr/local/libexec/berth/hooks/createRuntime" }],
    ["poststop", { path: "/usr/local/bin/berth", args: ["berth", "poststop"] }],
  ] as const)
    assert.equal(ours({ document: { hooks: { [stage]: [hook] } } }).hooks[stage], [hook]);
  const other = { path: "/usr/bin/other", args: ["other", "createRuntime"] };
  assert.is(ours({ document: { hooks: { createRuntime: [other] } } }).hooks["createRuntime"]?.length, 2);
});

test("resolv.conf and hosts are mounted where nobody else does, with the image's own text", () => {
  const { result } = run();
  const outcome = outcomeOf(result);
  const files = outcome.kind === "ours" ? outcome.files : [];
  assert.equal(
    files.map(({ file, image }) => [file, new TextDecoder().decode(image.text)]),
    [
      ["/etc/resolv.conf", ""],
      ["/etc/hosts", "127.0.0.1 image\n"],
    ],
  );
  assert.equal(JSON.parse(textOf(outcome)).mounts[0], {
    destination: "/etc/resolv.conf",
    type: "bind",
    source: `${root}/run/files/${id}/resolv.conf`,
    options: ["bind", "rprivate"],
  });
});

test("a bundle that is used again under another id gets that one's files", () => {
  const once = textOf(outcomeOf(run().result));
  const outcome = outcomeOf(run({ text: () => once, id: "second" }).result);
  assert.is(textOf(outcome), once.replaceAll(`/files/${id}/`, "/files/second/"));
  assert.is(outcome.kind === "ours" ? outcome.files.length : 0, 2);
});

for (const [what, given] of [
  ["an id that is not known", { id: null }],
  ["a mount at /etc", { document: { mounts: [{ destination: "/etc/", source: "/x" }] } }],
  [
    "a namespace that an engine has made",
    { document: { linux: { namespaces: [{ type: "network", path: "/run/netns/x" }] } } },
  ],
  [
    "a network that writes neither",
    { config: '{"networks":{"default":{"bridge":"br0","resolvConf":false,"hosts":false}}}' },
  ],
] as const satisfies readonly (readonly [string, Given])[]) {
  test(`nothing is mounted for ${what}`, () => {
    assert.equal(ours(given).mounts, (given as Given).document?.["mounts"]);
  });
}

test("nothing is mounted over what is no file in the image, and nothing outside is read", () => {
  const rootfs = `${root}/odd`;
  mkdirSync(`${rootfs}/etc/hosts`, { recursive: true });
  symlinkSync("/../../../../etc/passwd", `${rootfs}/etc/resolv.conf`);
  const { result } = run({ document: { root: { path: rootfs } } });
  const outcome = outcomeOf(result);
  const files = outcome.kind === "ours" ? outcome.files : [];
  assert.equal(
    files.map(({ file, image }) => [file, image.text.byteLength]),
    [["/etc/resolv.conf", 0]],
  );
});

for (const mode of ["bridge", "default", "host", "container:abc", "mynet", ""]) {
  test(`NetworkMode ${JSON.stringify(mode)}: not ours unless it asks`, () => {
    assert.match(notOurs(docker(mode)), "its engine gives it a network");
    assert.is(notOurs(docker(mode, { "io.berth.network": "default" })), "");
  });
}

test("whose container is not ours is not asked for a configuration", () => {
  assert.match(notOurs({ ...docker("bridge"), config: "{" }), "NetworkMode");
  assert.match(notOurs({ document: { linux: { namespaces: [] } }, config: "{" }), "host's network namespace");
});

test("labels are wishes: annotations win over them, they over variables; a wrong one is an error", () => {
  const config = '{"when":"asked","networks":{"default":{"bridge":"br0"}}}';
  assert.match(notOurs({ ...docker("none"), config }), "asked");
  assert.is(notOurs({ ...docker("none", { "io.berth.hostname": "x" }), config }), "");
  const wrong = docker("none", { "io.berth.ip": "a\nb" });
  assert.match(errorOf(run(wrong).result).message, 'label io.berth.ip: "a\\nb" will not do');
  const annotations = { "io.berth.ip": "dhcp" };
  assert.is(outcomeOf(run({ document: { ...wrong.document, annotations } }).result).kind, "ours");
  const env = ["BERTH_IP=rubbish"];
  const dhcp = docker("none", { "io.berth.ip": "dhcp" });
  assert.is(outcomeOf(run({ document: { ...dhcp.document, process: { env } } }).result).kind, "ours");
});

test("a document whose hooks or mounts are of another type is an error, in one line", () => {
  for (const document of [{ hooks: [] }, { hooks: { createRuntime: {} } }, { hooks: { poststop: "x" } }])
    assert.match(errorOf(run({ document }).result).message, /^config\.json: hooks[.a-zA-Z]* must be an (array|object)/);
});

test.run();
