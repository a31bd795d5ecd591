/** A bundle's config.json: what berth reads of it, and what may stand in its place. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readBundle } from "../../src/oci/bundle.ts";
import { parseSpec } from "../../src/oci/spec.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const spec = {
  ociVersion: "1.0.2-dev",
  process: { terminal: true, args: ["sh"], env: ["PATH=/bin", "TERM=xterm"], cwd: "/" },
  root: { path: "rootfs", readonly: true },
  hostname: "runc",
  mounts: [{ destination: "/etc/hosts", type: "bind", source: "/var/hosts", options: ["rbind"] }],
  linux: { namespaces: [{ type: "pid" }, { type: "network", path: "/run/netns/a" }], resources: { devices: [] } },
};
const parse = (change: Readonly<Record<string, unknown>>) => parseSpec(JSON.stringify({ ...spec, ...change }));
const refused = (change: Readonly<Record<string, unknown>>): string => errorOf(parse(change)).message;

const directory = mkdtempSync(join(tmpdir(), "berth-spec-"));
const bundle = (name: string, fill: (file: string) => void): string => {
  const path = join(directory, name);
  mkdirSync(path);
  fill(join(path, "config.json"));
  return path;
};
test.after(() => rmSync(directory, { recursive: true }));

test("a spec as runc makes it", () => {
  const { hostname, rootPath, env, namespaces, mounts } = outcomeOf(parse({}));
  assert.equal([hostname, rootPath, [...env]], ["runc", "rootfs", ["PATH=/bin", "TERM=xterm"]]);
  assert.equal(namespaces[1], { type: "network", path: "/run/netns/a" });
  assert.equal(namespaces[0], { type: "pid", path: null });
  assert.equal(mounts[0], { destination: "/etc/hosts", type: "bind", source: "/var/hosts", options: ["rbind"] });
});

test("null is as good as absent, wherever Go may write it", () => {
  for (const nothing of [null, undefined]) {
    const bare = { hostname: nothing, process: nothing, mounts: nothing, linux: nothing, annotations: nothing };
    const { hostname, env, namespaces, mounts, annotations } = outcomeOf(parse(bare));
    assert.equal([hostname, env.length, namespaces.length, mounts.length, annotations.size], [null, 0, 0, 0, 0]);
    const inner = {
      process: { env: nothing },
      linux: { namespaces: nothing },
      mounts: [{ destination: "/x", source: nothing, type: nothing, options: nothing }],
    };
    assert.equal(outcomeOf(parse(inner)).mounts[0], { destination: "/x", source: null, type: null, options: [] });
  }
});

test("wrong types are refused with their place", () => {
  assert.match(refused({ process: { env: ["A=1", 2] } }), /at process\.env\[1\]: expected a string, found 2/);
  assert.match(refused({ process: { env: "A=1" } }), /at process\.env: expected an array/);
  assert.match(refused({ hostname: ["x"] }), /at hostname/);
  assert.match(refused({ root: null }), /at root/);
  assert.match(refused({ linux: { namespaces: [{ path: "/x" }] } }), /at linux\.namespaces\[0\]\.type/);
  assert.match(refused({ linux: { namespaces: {} } }), /at linux\.namespaces: expected an array/);
  assert.match(refused({ mounts: [{ source: "/x" }] }), /at mounts\[0\]\.destination/);
  assert.match(refused({ annotations: { "x;$(y)\n": 0 } }), /at annotations\["x;\$\(y\)\\n"\]/);
});

test("a root path has no NUL and an end", () => {
  for (const path of ["", "a\0b", "x".repeat(4097)]) assert.match(refused({ root: { path } }), /at root\.path/);
});

test("deep nesting and more than 16 MiB are errors in one line", () => {
  for (const text of ["[".repeat(3_000_000), '{"linux":'.repeat(300_000), " ".repeat(17 * 1024 * 1024), "", "{"]) {
    assert.match(errorOf(parseSpec(text)).message, /^[\x20-\x7e]{1,300}$/);
  }
});

test("10 MB that are a spec are one", () => {
  const env = Array.from({ length: 10_000 }, (_, at) => `V${at}=${"x".repeat(1000)}`);
  assert.is(outcomeOf(parse({ process: { env } })).env.length, 10_000);
});

test("a bundle is read from its config.json, through a link too", () => {
  const real = bundle("real", (file) => writeFileSync(file, JSON.stringify(spec)));
  const linked = bundle("linked", (file) => symlinkSync(join(real, "config.json"), file));
  for (const path of [real, linked]) assert.is(outcomeOf(readBundle(path)).hostname, "runc");
});

test("what is no regular file of a sensible size is an error and keeps nobody waiting", () => {
  const bundles = {
    ENOENT: [join(directory, "nowhere"), bundle("empty", () => {})],
    EINVAL: [
      bundle("directory", (file) => mkdirSync(file)),
      bundle("fifo", (file) => spawnSync("mkfifo", [file])),
      bundle("device", (file) => symlinkSync("/dev/zero", file)),
    ],
    EFBIG: [bundle("large", (file) => writeFileSync(file, " ".repeat(16 * 1024 * 1024 + 1)))],
  };
  for (const [code, paths] of Object.entries(bundles)) {
    for (const path of paths) assert.match(errorOf(readBundle(path)).message, new RegExp(`\\(${code}\\)`));
  }
});

test("what is wrong inside names the bundle", () => {
  const path = bundle("wrong", (file) => writeFileSync(file, '{"root":5}'));
  assert.match(errorOf(readBundle(path)).message, /at root: .*berth-spec-.*wrong/);
});

test.run();
