/** What lies in the working directory, in the runtime's environment and in the bundle must not reach the hook. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Bundle, makeBundle, repository } from "../lab/bundle.ts";
import { callHook, sleeper, stateOf } from "../lab/hook.ts";
import { inLab } from "../lab/inLab.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord } from "../lab/look.ts";
import { makeRuntime, type RuntimeName } from "../lab/runtime.ts";
import { privateEtc } from "../lab/snapshot.ts";

const test = suite("hostile environment");
const runtimes = ["runc", "crun"] as const satisfies readonly RuntimeName[];

/** Files that Bun or a dynamic linker would take from a working directory; `mark` is what they would leave. */
const trap = (directory: string, mark: string): void => {
  writeFileSync(`${directory}/evil.ts`, `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "x");\n`);
  writeFileSync(`${directory}/bunfig.toml`, `preload = ["${directory}/evil.ts"]\n`);
  writeFileSync(`${directory}/.env`, `BERTH_TRACE=1\nBUN_OPTIONS=--preload ${directory}/evil.ts\nPATH=${directory}\n`);
  writeFileSync(`${directory}/libc.so.6`, "not a library");
  writeFileSync(`${directory}/ip`, `#!/bin/sh\ntouch ${mark}\n`);
  chmodSync(`${directory}/ip`, 0o755);
};

/** What the runtime's own environment may hold. */
const variables = (lab: Lab, mark: string): Readonly<Record<string, string>> => ({
  BUN_OPTIONS: `--preload ${lab.directory}/evil.ts`,
  BUN_BE_BUN: "1",
  BUN_INSPECT: "127.0.0.1:0",
  BUN_INSPECT_PRELOAD: `${lab.directory}/evil.ts`,
  BUN_BYTECODE_ORDER_OUT: mark,
  BUN_JSC_useJIT: "0",
  NODE_OPTIONS: `--require ${lab.directory}/evil.ts`,
});

for (const name of runtimes) {
  test(`${name}: a trapped working directory and environment`, () =>
    inLab({}, async (lab) => {
      const mark = `${lab.directory}/pwned`;
      trap(lab.directory, mark);
      const runtime = makeRuntime(lab, name);
      const bundle = makeBundle(lab, { script: "ip -4 -o addr show eth0" });
      trap(bundle.path, mark);
      const ran = await runtime.run(bundle, { cwd: bundle.path, env: variables(lab, mark) });
      assert.match(ran.stdout, "inet 10.88.0.", ran.stderr);
      assert.not.ok(existsSync(mark));
      await assertNothingLeft(lab);
    }));

  test(`${name}: the thin entries clean the environment of a hook that has none of its own`, () =>
    inLab({}, async (lab) => {
      const mark = `${lab.directory}/pwned`;
      trap(lab.directory, mark);
      // As installed: the entry names the executable of its prefix.
      const entry = (hook: string): string => {
        const path = `${lab.directory}/${hook}`;
        const text = readFileSync(`${repository}/hooks/${hook}`, "utf8");
        writeFileSync(path, text.replaceAll("/usr/local/bin/berth", `${repository}/dist/berth`), { mode: 0o755 });
        return path;
      };
      const bundle = makeBundle(lab, {
        script: "ip -4 -o addr show eth0",
        edit: (config) => {
          const hooks = config["hooks"] as Record<string, Record<string, unknown>[]>;
          for (const [stage, list] of Object.entries(hooks))
            for (const hook of list) {
              hook["path"] = entry(stage);
              hook["args"] = [stage, ...(hook["args"] as string[]).slice(2)];
              delete hook["env"];
            }
        },
      });
      const ran = await makeRuntime(lab, name).run(bundle, { cwd: lab.directory, env: variables(lab, mark) });
      assert.match(ran.stdout, "inet 10.88.0.", ran.stderr);
      assert.not.ok(existsSync(mark));
      await assertNothingLeft(lab);
    }));
}

/** The worker's /etc is a copy, so that a mistake harms no machine. Returns the text of its resolv.conf. */
const hostFile = async (lab: Lab): Promise<() => string> => {
  const etc = await privateEtc(lab, lab.worker);
  rmSync(`${etc}/resolv.conf`, { force: true });
  writeFileSync(`${etc}/resolv.conf`, "# the host's own\n");
  return () => readFileSync(`${etc}/resolv.conf`, "utf8");
};

const traps: Readonly<Record<string, (bundle: Bundle) => void>> = {
  "resolv.conf is a link to the host's": ({ rootfs }) => symlinkSync("/etc/resolv.conf", `${rootfs}/etc/resolv.conf`),
  "resolv.conf is a link that climbs": ({ rootfs }) =>
    symlinkSync(`${"../".repeat(20)}etc/resolv.conf`, `${rootfs}/etc/resolv.conf`),
  "etc is a link to the host's": ({ rootfs }) => {
    renameSync(`${rootfs}/etc`, `${rootfs}/etc.real`);
    symlinkSync("/etc", `${rootfs}/etc`);
  },
  "etc is a link that climbs": ({ rootfs }) => {
    renameSync(`${rootfs}/etc`, `${rootfs}/etc.real`);
    symlinkSync(`${"../".repeat(20)}etc`, `${rootfs}/etc`);
  },
  "resolv.conf is a directory": ({ rootfs }) => mkdirSync(`${rootfs}/etc/resolv.conf`),
};

for (const [what, set] of Object.entries(traps)) {
  test(`a rootfs whose ${what}: the host's file is untouched, and the container attached`, () =>
    inLab({}, async (lab) => {
      const text = await hostFile(lab);
      const container = await sleeper(lab.worker);
      const bundle = makeBundle(lab);
      set(bundle);
      const ran = await callHook(lab, "createRuntime", stateOf(bundle, container.pid), bundle);
      assert.is(ran.code, 0, ran.stderr);
      assert.is(onlyRecord(lab).state, "bound");
      assert.is(text(), "# the host's own\n");
      await container.stop("SIGKILL");
    }));
}

for (const name of runtimes) {
  test(`${name}: a bundle that bind-mounts the host's resolv.conf`, () =>
    inLab({}, async (lab) => {
      const text = await hostFile(lab);
      const mounts = [
        { destination: "/etc/resolv.conf", type: "bind", source: "/etc/resolv.conf", options: ["rbind", "rw"] },
      ];
      const bundle = makeBundle(lab, { mounts, script: "ip -4 -o addr show eth0; cat /etc/resolv.conf" });
      const ran = await makeRuntime(lab, name).run(bundle);
      assert.match(ran.stdout, "inet 10.88.0.", ran.stderr);
      assert.match(ran.stdout, "# the host's own");
      assert.is(text(), "# the host's own\n");
      const warnings = events(lab).filter(({ event }) => event === "warning");
      assert.match(String(warnings[0]?.["message"]), "not this container's own file");
    }));
}

test("nothing that a hook leaves behind holds what the runtime waits for", () =>
  inLab({}, async (lab) => {
    const container = await sleeper(lab.worker);
    const bundle = makeBundle(lab);
    for (const name of ["createRuntime", "poststop"] as const) {
      const state = stateOf(bundle, container.pid);
      // execa resolves only when both pipes are closed by everybody.
      const ran = await callHook(lab, name, state, bundle);
      assert.is(ran.code, 0, ran.stderr);
      const left = await lab.worker.exec("pgrep", "-f", `^[^ ]*berth (createRuntime|poststop) .*${lab.directory}`);
      assert.is(left.stdout, "");
    }
    await container.stop("SIGKILL");
  }));

test.run();
