/** daemon.json and config.toml edited: what is not berth's stays byte for byte. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { parse as parseToml } from "smol-toml";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Wish } from "../../src/configure/change.ts";
import { configureContainerd } from "../../src/configure/containerd.ts";
import { withoutRuntime, withRuntime } from "../../src/configure/daemonJson.ts";
import { findFlags } from "../../src/configure/flags.ts";
import { seeded } from "../lab/fakeServer.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const entry = { path: "/opt/berth-runtime" };
const add = (text: string, setAsDefault = false): string => outcomeOf(withRuntime(text, "berth", entry, setAsDefault));

test("a runtime is added beside what is there; every other byte stays", () => {
  const before = '{\n\t"log-driver": "json-file",\n\t"max":   12345678901234567890,\n\t"hosts": ["unix:///x"]\n}\n';
  const after = add(before);
  assert.equal(JSON.parse(after).runtimes, { berth: entry });
  for (const row of before.split("\n").slice(1, 4)) assert.ok(after.includes(row.replace(/,$/, "")), row);
  assert.match(after, '\n\t"runtimes": {\n\t\t"berth"');
  assert.is(add(after), after);
  assert.is(outcomeOf(withoutRuntime(after, "berth", null)), before);
});

test("an empty or missing file becomes one; other runtimes and an older entry of ours are kept or replaced", () => {
  assert.equal(JSON.parse(add("")), { runtimes: { berth: entry } });
  assert.equal(JSON.parse(add(" \n")), { runtimes: { berth: entry } });
  const other = '{"runtimes":{"kata":{"path":"/k"},"berth":{"path":"/old"}}}';
  assert.equal(JSON.parse(add(other)).runtimes, { kata: { path: "/k" }, berth: entry });
});

test("as the default, and back to what was the default before", () => {
  const before = '{\n  "default-runtime": "kata",\n  "runtimes": { "kata": { "path": "/k" } }\n}\n';
  const after = add(before, true);
  assert.is(JSON.parse(after)["default-runtime"], "berth");
  assert.equal(JSON.parse(outcomeOf(withoutRuntime(after, "berth", "kata"))), JSON.parse(before));
  const plain = add("{}", true);
  assert.equal(JSON.parse(outcomeOf(withoutRuntime(plain, "berth", null))), { "default-runtime": "runc" });
});

test("what cannot be parsed is refused with its place", () => {
  for (const [text, says] of [
    ['{"a":1,}', /line 1, column 8/],
    ['{\n  "a": 1\n  "b": 2\n}', /line 3, column 3/],
    ["[]", /no JSON object/],
    ['{"runtimes":[]}', /runtimes are no object/],
    ['{/* x */"a":1}', /line 1, column 2/],
  ] as const) {
    assert.match(errorOf(withRuntime(text, "berth", entry, false)), says);
    assert.match(errorOf(withoutRuntime(text, "berth", null)), says);
  }
});

test("any document with it and without it again means what it meant", () => {
  const random = seeded(7);
  const value = (depth: number): unknown => {
    const kind = Math.floor(random() * (depth > 2 ? 4 : 6));
    if (kind === 0) return Math.floor(random() * 1e9);
    if (kind === 1) return `t${random()}"\\\n\u00e9`;
    if (kind === 2) return random() < 0.5;
    if (kind === 3) return null;
    const count = Math.floor(random() * 4);
    if (kind === 4) return Array.from({ length: count }, () => value(depth + 1));
    return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value(depth + 1)]));
  };
  for (let round = 0; round < 500; round += 1) {
    const document = Object.fromEntries(
      Array.from({ length: Math.floor(random() * 5) }, (_, i) => [`key${i}`, value(0)]),
    );
    const text = JSON.stringify(document, null, [0, 1, 2, 4, "\t"][Math.floor(random() * 5)]);
    const after = add(text);
    assert.equal(JSON.parse(after), { ...document, runtimes: { berth: entry } });
    assert.equal(JSON.parse(outcomeOf(withoutRuntime(after, "berth", null))), document);
  }
});

const inDirectory = (work: (directory: string) => void): void => {
  const directory = mkdtempSync(`${tmpdir()}/berth-configure-`);
  try {
    work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

test("options of dockerd that name runtimes are found where systemd would find them", () =>
  inDirectory((root) => {
    const write = (path: string, text: string) => {
      mkdirSync(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      writeFileSync(`${root}${path}`, text);
    };
    const unit = "/lib/systemd/system/docker.service";
    write(unit, "[Service]\nExecStart=/usr/bin/dockerd -H fd://\n");
    assert.equal(findFlags(root), []);
    const dropIn = "/etc/systemd/system/docker.service.d/gpu.conf";
    write(dropIn, "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd \\\n  --add-runtime gpu=/gpu\n");
    assert.equal(findFlags(root), [{ option: "--add-runtime", file: `${root}${dropIn}` }]);
    write("/etc/systemd/system/docker.service.d/zz.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd\n");
    assert.equal(findFlags(root), []);
    write("/etc/default/docker", '# DOCKER_OPTS="--add-runtime a=/a"\nDOCKER_OPTS="--default-runtime=kata"\n');
    assert.equal(findFlags(root), [{ option: "--default-runtime", file: `${root}/etc/default/docker` }]);
  }));

const wish = (configFile: string, changes: Partial<Wish> = {}): Wish => ({
  root: "",
  name: "berth",
  remove: false,
  setAsDefault: false,
  configFile,
  executable: "/opt/bin/berth",
  shim: "/opt/berth-runtime",
  settings: [],
  stateDir: "/var/lib/berth",
  ...changes,
});

test("containerd: a section of its own, gone again without a trace; both versions; nothing twice", () =>
  inDirectory((directory) => {
    const file = `${directory}/config.toml`;
    const plugins = { 2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.runtime" } as const;
    for (const version of [2, 3] as const) {
      const plugin = plugins[version];
      const before = `version = ${version}\n# kept\n[plugins."${plugin}".containerd]\n  snapshotter = "overlayfs"\n`;
      for (const setAsDefault of [false, true]) {
        writeFileSync(file, before);
        const after = outcomeOf(configureContainerd(wish(file, { setAsDefault }))).changes[0]?.after ?? "";
        const expected = parseToml(before) as Record<string, Record<string, Record<string, Record<string, unknown>>>>;
        const table = expected["plugins"]?.[plugin]?.["containerd"] ?? {};
        table["runtimes"] = {
          berth: { runtime_type: "io.containerd.runc.v2", options: { BinaryName: "/opt/berth-runtime" } },
        };
        if (setAsDefault) table["default_runtime_name"] = "berth";
        assert.equal(JSON.parse(JSON.stringify(parseToml(after))), JSON.parse(JSON.stringify(expected)));
        writeFileSync(file, after);
        assert.is(outcomeOf(configureContainerd(wish(file, { setAsDefault }))).changes[0]?.after, after);
        assert.is(outcomeOf(configureContainerd(wish(file, { remove: true }))).changes[0]?.after, before);
      }
    }
    writeFileSync(file, "version = 2\n[plugins\n");
    assert.match(errorOf(configureContainerd(wish(file))), /cannot be parsed/);
    writeFileSync(file, "version = 1\n");
    assert.match(errorOf(configureContainerd(wish(file))), /version 1 is none that berth knows/);
    const theirs = '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.berth]\nruntime_type = "x"\n';
    writeFileSync(file, theirs);
    assert.match(errorOf(configureContainerd(wish(file))), /has a runtime berth already/);
  }));

test.run();
