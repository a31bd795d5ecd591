/** A hook that is fed what no runtime would write: it ends, says why on one line, and leaves nothing. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs, defaultConfig, makeBundle } from "../lab/bundle.ts";
import { assertOneLine, assertRefused, callHook, sleeper, stateOf } from "../lab/hook.ts";
import type { Executed } from "../lab/host.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { assertNothingLeft } from "../lab/look.ts";
import { labTree, privateEtc, privateRun, treeOf } from "../lab/snapshot.ts";

const test = suite("hostile input");

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

type Ground = {
  readonly lab: Lab;
  readonly pid: number;
  /** Calls createRuntime; afterwards nothing may be there that was not there before. */
  readonly hook: (input: string, about: string) => Promise<Executed>;
};

/** A lab where a look outside berth's own directories shows everything that was made there. */
const onGround = async (work: (ground: Ground) => Promise<void>): Promise<void> => {
  const lab = await makeLab();
  try {
    const etc = await privateEtc(lab, lab.worker);
    const outside = await privateRun(lab.worker);
    const container = await sleeper(lab.worker);
    makeBundle(lab);
    const before = { etc: treeOf(etc), lab: labTree(lab) };
    const hook = async (input: string, about: string): Promise<Executed> => {
      const ran = await callHook(lab, "createRuntime", input);
      const inside = await lab.worker.must("nsenter", "-t", String(container.pid), "-n", "--", "ip", "-o", "link");
      if (ran.code !== 0) {
        await assertNothingLeft(lab);
        assert.is(inside.split("\n").length, 1, `${about}: something is left in the container: ${inside}`);
      }
      return ran;
    };
    await work({ lab, pid: container.pid, hook });
    assert.equal(labTree(lab), before.lab, "the lab's directory has changed");
    assert.equal(treeOf(etc), before.etc, "/etc has changed");
    assert.is(await outside(), "", "something was made in /run or /var/lib");
    await container.stop("SIGKILL");
  } finally {
    await lab.destroy();
  }
};

test("a state that is no state", () =>
  onGround(async ({ lab, pid, hook }) => {
    const bundle = makeBundle(lab);
    const good = stateOf(bundle, pid);
    const states: Record<string, string> = {
      empty: "",
      blank: " \n\t",
      truncated: good.slice(0, -10),
      "a byte less": good.slice(0, -1),
      "10 MB of spaces": " ".repeat(10_000_000),
      "10 MB in a string": stateOf(bundle, pid, { more: "x".repeat(10_000_000) }),
      "10 MB of NULs": "\0".repeat(10_000_000),
      "100,000 arrays": deep(100_000),
      "100,000 objects": nested(100_000),
      "100,000 open brackets": "[".repeat(100_000),
      "an array": "[]",
      null: "null",
      "a number": "42",
      "a string": '"state"',
      binary: "\u0000\u0001\u0002\u00ff\ufffe",
      "two documents": `${good}${good}`,
      "id a number": stateOf(bundle, pid, { id: 7 }),
      "id an object": stateOf(bundle, pid, { id: { toString: "x" } }),
      "no id": stateOf(bundle, pid, { id: undefined }),
      "pid a string": stateOf(bundle, pid, { pid: String(pid) }),
      "pid negative": stateOf(bundle, pid, { pid: -1 }),
      "pid a fraction": stateOf(bundle, pid, { pid: 1.5 }),
      "pid huge": stateOf(bundle, pid, { pid: 1e300 }),
      "pid nobody's": stateOf(bundle, pid, { pid: 0x7fffffff }),
      "pid 0": stateOf(bundle, pid, { pid: 0 }),
      "no pid": stateOf(bundle, pid, { pid: undefined }),
      "pid the host's first process": stateOf(bundle, pid, { pid: lab.worker.pid }),
      "bundle relative": stateOf(bundle, pid, { bundle: "bundle" }),
      "bundle empty": stateOf(bundle, pid, { bundle: "" }),
      "bundle with a NUL": stateOf(bundle, pid, { bundle: `${bundle.path}\0` }),
      "bundle of 10,000 characters": stateOf(bundle, pid, { bundle: `/${"x".repeat(10_000)}` }),
      "bundle missing": stateOf(bundle, pid, { bundle: `${bundle.path}/none\nberth: all is well` }),
      "bundle a list": stateOf(bundle, pid, { bundle: [bundle.path] }),
      "annotations a list": stateOf(bundle, pid, { annotations: ["io.berth.ip"] }),
      "annotations of numbers": stateOf(bundle, pid, { annotations: { "io.berth.vlan": 7 } }),
      "annotations a string": stateOf(bundle, pid, { annotations: "io.berth.ip=dhcp" }),
      "an unknown annotation of ours": stateOf(bundle, pid, { annotations: { "io.berth.\u001b[31m\n": "x" } }),
      "version missing": stateOf(bundle, pid, { ociVersion: undefined }),
    };
    for (const [about, state] of Object.entries(states)) assertRefused(await hook(state, about), about);
    for (const [about, state] of Object.entries(states)) {
      // poststop needs less of the state: where that much is there, there is nothing to do.
      const ran = await callHook(lab, "poststop", state);
      assert.ok(ran.code === 1 || (ran.code === 0 && ran.stderr === ""), `poststop, ${about}: ${ran.stderr}`);
      if (ran.code === 1) assertOneLine(ran, `poststop, ${about}`);
    }
  }));

test("an id that is no name", () =>
  onGround(async ({ lab, pid, hook }) => {
    const bundle = makeBundle(lab);
    const ids = [
      "",
      ".",
      "..",
      "../../x",
      "/",
      "/etc/passwd",
      "a/b",
      "a\nb",
      "a\0b",
      "a b",
      "a;reboot",
      "$(reboot)",
      "\u001b]0;x\u0007",
      "caf\u00e9",
      "\u202e",
      "x".repeat(201),
      "x".repeat(4096),
      "%2e%2e",
      "a\\b",
      "a:b",
    ];
    for (const id of ids) {
      const about = `id ${JSON.stringify(id.slice(0, 40))}`;
      assertRefused(await hook(stateOf({ ...bundle, id }, pid), about), about, /id/);
      assertRefused(await callHook(lab, "poststop", stateOf({ ...bundle, id }, pid)), `poststop, ${about}`);
    }
    // What looks odd and is a name: the longest, dots, a dash first, a name of the prototype.
    for (const id of ["x".repeat(200), "-rf", "...", "__proto__", "constructor", "a.lock", "+"]) {
      const state = stateOf({ ...bundle, id }, pid);
      const ran = await hook(state, id);
      assert.is(ran.code, 0, `${id}: ${ran.stderr}`);
      assert.is((await callHook(lab, "poststop", state)).code, 0);
      await assertNothingLeft(lab);
    }
  }));

test("a config.json that is none", () =>
  onGround(async ({ lab, pid, hook }) => {
    const attempt = async (about: string, make: (path: string) => void | Promise<void>): Promise<void> => {
      const bundle = makeBundle(lab);
      const path = `${bundle.path}/config.json`;
      rmSync(path);
      await make(path);
      assertRefused(await hook(stateOf(bundle, pid), about), about);
    };
    const texts: Record<string, string> = {
      empty: "",
      truncated: '{"ociVersion":"1.0.2","root":{"path":"roo',
      "10 MB of brackets": "[".repeat(10_000_000),
      "20 MB": `{"root":{"path":"rootfs"},"x":"${"x".repeat(20_000_000)}"}`,
      "100,000 arrays": deep(100_000),
      "100,000 objects": nested(100_000),
      null: "null",
      "no root": "{}",
      "root a string": '{"root":"rootfs"}',
      "path a number": '{"root":{"path":1}}',
      "path with NUL": '{"root":{"path":"a\\u0000b"}}',
      "mounts an object": '{"root":{"path":"rootfs"},"mounts":{"destination":"/"}}',
      "env numbers": '{"root":{"path":"rootfs"},"process":{"env":[1,2]}}',
      "namespaces a string": '{"root":{"path":"rootfs"},"linux":{"namespaces":"network"}}',
      "annotations numbers": '{"root":{"path":"rootfs"},"annotations":{"a":1}}',
      "hostname a list": '{"root":{"path":"rootfs"},"hostname":["a"]}',
    };
    for (const [about, text] of Object.entries(texts)) await attempt(about, (path) => writeFileSync(path, text));
    await attempt("missing", () => {});
    await attempt("a directory", (path) => mkdirSync(path));
    await attempt("a FIFO", async (path) => {
      await lab.worker.must("mkfifo", path);
    });
    await attempt("a FIFO behind a link", async (path) => {
      await lab.worker.must("mkfifo", `${path}.fifo`);
      symlinkSync(`${path}.fifo`, path);
    });
    await attempt("a link to itself", (path) => symlinkSync(path, path));
    await attempt("endless", (path) => symlinkSync("/dev/zero", path));
    await attempt("a terminal", (path) => symlinkSync("/dev/tty", path));
    await attempt("a socket", async (path) => {
      await lab.worker
        .must("timeout", "1", "sh", "-c", 'busybox nc -lU "$1" & while ! [ -S "$1" ]; do :; done; kill $!', "sh", path)
        .catch(async () => {
          await lab.worker.must("mknod", path, "c", "1", "5");
        });
    });
  }));

test("a berth.json that is none is an error, and never the default", () =>
  onGround(async ({ lab, pid, hook }) => {
    const bundle = makeBundle(lab);
    const { configFile } = berthDirs(lab);
    const state = stateOf(bundle, pid);
    const network = (text: string) => `{"networks":{"default":{"bridge":"br0",${text}}}}`;
    const texts: Record<string, string> = {
      empty: "",
      truncated: '{"networks":{"default":{"bridge":"br0"}}',
      "2 MB": `{"networks":{"default":{"bridge":"br0"}},"gc":{"x":"${"x".repeat(2_000_000)}"}}`,
      "100,000 arrays": `{"gc":${nested(100_000)}}`,
      "wrong type": "[]",
      "no networks": "{}",
      "networks empty": '{"networks":{}}',
      "networks a list": '{"networks":[{"bridge":"br0"}]}',
      __proto__: '{"networks":{"__proto__":{"bridge":"br0"},"default":{"bridge":"br0"}}}',
      "unknown key": '{"networks":{"default":{"bridge":"br0"}},"netwroks":{}}',
      "key twice": '{"networks":{"default":{"bridge":"br0","bridge":"br1"}}}',
      comment: '{/* x */"networks":{"default":{"bridge":"br0"}}}',
      "default missing": '{"defaultNetwork":"x","networks":{"default":{"bridge":"br0"}}}',
      "network ../../x": '{"networks":{"../../x":{"bridge":"br0"}}}',
      "network with a newline": '{"networks":{"a\\nb":{"bridge":"br0"}}}',
      "bridge with a shell": '{"networks":{"default":{"bridge":"br0;reboot"}}}',
      "bridge with a newline": '{"networks":{"default":{"bridge":"br0\\nlink del br0"}}}',
      "bridge of 4 KB": `{"networks":{"default":{"bridge":"${"b".repeat(4096)}"}}}`,
      "bridge an option": '{"networks":{"default":{"bridge":"-br0"}}}',
      "bridge ..": '{"networks":{"default":{"bridge":".."}}}',
      "ifname with a slash": network('"ifname":"a/b"'),
      "mtu 67": network('"mtu":67'),
      "mtu text": network('"mtu":"1500"'),
      "ip text": network('"ip":"10.0.0.5"'),
      "dns a name": network('"dns":["localhost"]'),
      "search with a newline": network('"search":["a\\nnameserver 6.6.6.6"]'),
      "timeout 0": network('"dhcp":{"timeout":0}'),
      "timeout endless": network('"dhcp":{"timeout":1e308}'),
      "route to nowhere": network('"routes":[{"to":"everywhere"}]'),
      "65 routes": network(`"routes":[${Array.from({ length: 65 }, (_, i) => `{"to":"10.${i}.0.0/16"}`).join()}]`),
      "client id with a newline": network('"dhcp":{"clientId":"a\\nb"}'),
    };
    for (const [about, text] of Object.entries(texts)) {
      writeFileSync(configFile, text);
      assertRefused(await hook(state, about), about, /berth\.json/);
    }
    rmSync(configFile);
    assertRefused(await hook(state, "missing"), "missing", /berth\.json.*no such file/);
    mkdirSync(configFile);
    assertRefused(await hook(state, "directory"), "directory", /berth\.json.*regular/);
    rmSync(configFile, { recursive: true });
    await lab.worker.must("mkfifo", configFile);
    assertRefused(await hook(state, "FIFO"), "FIFO", /berth\.json.*regular/);
    rmSync(configFile);
    writeFileSync(configFile, defaultConfig);
  }));

test.run();
