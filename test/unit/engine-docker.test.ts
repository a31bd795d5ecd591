/** What Docker's files say of a container, and files that lie. */

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Facts } from "../../src/config/plan.ts";
import { engineFacts } from "../../src/engine/docker.ts";
import type { ContainerId } from "../../src/net/address.ts";
import { parseSpec } from "../../src/oci/spec.ts";
import { outcomeOf } from "../outcome.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "berth-engine-")));
test.after(() => rmSync(root, { recursive: true }));

const unknown: Facts = { engineName: null };
let serial = 0;

type Given = {
  readonly config?: unknown;
  readonly hostConfig?: unknown;
  readonly id?: string;
  readonly directoryName?: string;
  /** A change to the directory before it is read. */
  readonly change?: (directory: string) => void;
  readonly source?: (directory: string) => string;
};

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const facts = (given: Given = {}): Facts => {
  serial += 1;
  const id = given.id ?? serial.toString(16).padStart(64, "0");
  const directory = `${root}/data${serial}/containers/${given.directoryName ?? id}`;
  mkdirSync(directory, { recursive: true });
  const config = given.config ?? { ID: id, Name: "/web1", Config: { Labels: { "io.berth.ip": "dhcp", a: "b" } } };
  writeFileSync(`${directory}/config.v2.json`, text(config), { mode: 0o600 });
  writeFileSync(`${directory}/hostconfig.json`, text(given.hostConfig ?? { NetworkMode: "none" }), { mode: 0o600 });
  given.change?.(directory);
  const source = given.source?.(directory) ?? `${directory}/resolv.conf`;
  const mounts = [{ destination: "/etc/resolv.conf", type: "bind", source }];
  const spec = outcomeOf(parseSpec(JSON.stringify({ root: { path: "rootfs" }, mounts })));
  return engineFacts(spec, id as ContainerId);
};

const idNow = (): string => (serial + 1).toString(16).padStart(64, "0");

test("name, labels and network mode", () => {
  const labels = new Map([
    ["io.berth.ip", "dhcp"],
    ["a", "b"],
  ]);
  assert.equal(facts(), { engineName: "web1", labels, networkMode: "none" });
  assert.is(facts({ hostConfig: { NetworkMode: "container:x" } }).networkMode, "container:x");
});

for (const [what, given] of [
  ["another container's file", { source: (path) => `${path.slice(0, -1)}f/resolv.conf` }],
  ["a source that merely ends like Docker's", { source: (path) => `${path}/x/resolv.conf` }],
  ["another file of the directory", { source: (path) => `${path}/resolv.conf.bak` }],
  ["a path with dots", { source: (path) => path.replace("/containers/", "/x/../containers/").concat("/resolv.conf") }],
  [
    "a path with two slashes",
    { source: (path) => path.replace("/containers/", "//containers/").concat("/resolv.conf") },
  ],
  ["a relative path", { source: (path) => `${path.slice(1)}/resolv.conf` }],
  ["a short id", { id: "abc" }],
  ["an id that is no hash", { id: "g".repeat(64) }],
  ["a directory that is not there", { change: (path) => rmSync(path, { recursive: true }) }],
  [
    "a directory that is a symbolic link",
    {
      change: (path) => {
        renameSync(path, `${path}-real`);
        symlinkSync(`${path}-real`, path);
      },
    },
  ],
  ["no config.v2.json", { change: (path) => rmSync(`${path}/config.v2.json`) }],
  [
    "a config.v2.json that is a symbolic link",
    {
      change: (path) => {
        renameSync(`${path}/config.v2.json`, `${path}/real`);
        symlinkSync("real", `${path}/config.v2.json`);
      },
    },
  ],
  ["a config.v2.json with two names", { change: (path) => linkSync(`${path}/config.v2.json`, `${path}/other`) }],
  [
    "a config.v2.json that is a directory",
    {
      change: (path) => {
        rmSync(`${path}/config.v2.json`);
        mkdirSync(`${path}/config.v2.json`);
      },
    },
  ],
  [
    "a config.v2.json that is a FIFO",
    {
      change: (path) => {
        rmSync(`${path}/config.v2.json`);
        spawnSync("mkfifo", [`${path}/config.v2.json`]);
      },
    },
  ],
  ["a config.v2.json that others may write", { change: (path) => chmodSync(`${path}/config.v2.json`, 0o666) }],
  ["half a document", { config: '{"ID": "' }],
  ["an empty document", { config: " " }],
  ["a document of another type", { config: [] }],
  ["a document without an id", { config: { Name: "/web1" } }],
  ["the document of another container", { config: { ID: "f".repeat(64), Name: "/web1" } }],
  ["a document of five megabytes", { config: JSON.stringify({ ID: "x", pad: "x".repeat(5e6) }) }],
  ["a document that is nested too deep", { config: "[".repeat(1e6) }],
] as const satisfies readonly (readonly [string, Given])[]) {
  test(`nothing is known from ${what}`, () => {
    assert.equal(facts(given), unknown);
  });
}

if (process.geteuid?.() === 0) {
  test("nothing is known from a file that is not root's", () => {
    assert.equal(facts({ change: (path) => chownSync(`${path}/config.v2.json`, 1000, 1000) }), unknown);
  });
}

for (const name of ["", "web1", "/", "//web1", "/a/b", "/a\nb", "/-x", "/a b", `/${"x".repeat(300)}`, "/../x"]) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} is none`, () => {
    assert.is(facts({ config: { ID: idNow(), Name: name } }).engineName, null);
  });
}

test("labels and names of another type are none, and the rest still counts", () => {
  for (const Labels of [null, [], "x", { a: 1 }, 7]) {
    const known = facts({ config: { ID: idNow(), Name: "/web1", Config: { Labels } } });
    assert.is(known.engineName, "web1");
    assert.is(known.labels?.size, 0);
  }
  const odd = facts({ config: { ID: idNow(), Name: 7, Config: 7 } });
  assert.equal([odd.engineName, odd.labels?.size, odd.networkMode], [null, 0, "none"]);
});

test("a network mode that is missing or of another type is empty: Docker's, and not none", () => {
  for (const hostConfig of [{}, { NetworkMode: 7 }, { NetworkMode: null }])
    assert.is(facts({ hostConfig }).networkMode, "");
});

test("without a hostconfig.json that can be trusted the mode is empty too", () => {
  for (const change of [
    (path: string) => rmSync(`${path}/hostconfig.json`),
    (path: string) => writeFileSync(`${path}/hostconfig.json`, "{"),
    (path: string) => chmodSync(`${path}/hostconfig.json`, 0o622),
  ])
    assert.is(facts({ change }).networkMode, "");
});

test("labels named __proto__ or constructor are labels", () => {
  const id = idNow();
  const config = `{"ID":"${id}","Name":"/x","Config":{"Labels":{"__proto__":"a","constructor":"b","io.berth.mac":"c"}}}`;
  const { labels } = facts({ config });
  assert.is(labels?.get("io.berth.mac"), "c");
  assert.is(labels?.get("constructor"), "b");
});

test.run();
