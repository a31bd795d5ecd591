/** What can go wrong: each with its own message, the container not started, and nothing left. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { portName } from "../../src/attach/names.ts";
import type { ContainerId, Ifname } from "../../src/net/address.ts";
import { type Bundle, type BundleOptions, berthDirs, makeBundle } from "../lab/bundle.ts";
import type { FakeMode } from "../lab/fakeServer.ts";
import { type Lab, type LabOptions, makeLab, randomId } from "../lab/lab.ts";
import { assertNothingLeft, events } from "../lab/look.ts";
import { makeRuntime, type RuntimeName } from "../lab/runtime.ts";
import { until } from "../lab/until.ts";

const test = suite("failures");
const runtimes = ["runc", "crun"] as const satisfies readonly RuntimeName[];

type Case = {
  readonly what: string;
  readonly lab?: LabOptions;
  readonly bundle?: BundleOptions;
  readonly before?: (lab: Lab, bundle: Bundle) => Promise<unknown>;
  readonly says: string | RegExp;
  /** The event log cannot be looked at where there is no space for it. */
  readonly noEvents?: boolean;
};

/** A time limit that keeps the test short; the waiting itself is what is tested. */
const impatient = '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":2}}}}';

const fake = (mode: FakeMode) => async (lab: Lab) => {
  await lab.lan.must("ip", "route", "add", "255.255.255.255/32", "dev", "lan0");
  const server = lab.lan.daemon(process.execPath, [`${import.meta.dir}/../lab/fakeServer.ts`, mode]);
  lab.onDestroy(() => server.stop());
  await until("the fake server serves", () => server.output().includes("serving"));
};

const cases: readonly Case[] = [
  {
    what: "the bridge is missing",
    bundle: { config: '{"networks":{"default":{"bridge":"br7"}}}' },
    says: "the bridge br7 does not exist",
  },
  {
    what: "what should be the bridge is something else",
    bundle: { config: '{"networks":{"default":{"bridge":"uplink"}}}' },
    says: "uplink is not a Linux bridge",
  },
  {
    what: "the bridge is down",
    before: (lab) => lab.worker.must("ip", "link", "set", "br0", "down"),
    says: "the bridge br0 is down",
  },
  {
    what: "the DHCP server is silent",
    lab: { server: "none" },
    bundle: { config: impatient },
    says: /no DHCP server offered an address \(\d DISCOVERs? sent\)/,
  },
  {
    what: "the pool is empty",
    lab: { first: 10, last: 10, extra: ["--dhcp-host=02:00:00:00:00:01,10.88.0.10"] },
    bundle: { config: impatient },
    says: "no DHCP server offered an address",
  },
  {
    what: "the server refuses for ever",
    lab: { server: "none" },
    bundle: { config: impatient },
    before: fake("nak"),
    says: /10\.88\.0\.1 refused \d+ times \(NAK\) saying .*not today/,
  },
  {
    what: "the lease has no mask",
    lab: { server: "none" },
    bundle: { config: impatient },
    before: fake("no-mask"),
    says: "10.88.0.1 answered with OFFER of 10.88.0.77 without a subnet mask",
  },
  {
    what: "the server offers and never confirms",
    lab: { server: "none" },
    bundle: { config: impatient },
    before: fake("mute"),
    says: "10.88.0.1 offered 10.88.0.77 and then did not answer",
  },
  {
    what: "somebody's interface has the port's name",
    before: (lab, bundle) => {
      const port = portName(bundle.id as ContainerId, "eth0" as Ifname);
      return lab.worker.must("ip", "link", "add", port, "type", "veth", "peer", "name", "other0");
    },
    says: /an interface named bt[0-9a-f]{8} exists already and is not ours/,
  },
  {
    what: "the configuration is invalid",
    bundle: { config: '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":"soon"}}}}' },
    says: /berth\.json.*networks\.default\.dhcp\.timeout/,
  },
  {
    what: "there is no space for the record",
    before: async (lab) => {
      const { runDir } = berthDirs(lab);
      await lab.worker.must("mkdir", "-p", runDir);
      await lab.worker.must("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", runDir);
      await lab.worker.exec(
        "sh",
        "-c",
        'mkdir -p "$0/attachments" "$0/locks" "$0/macs"; cat /dev/zero >"$0/full"',
        runDir,
      );
    },
    says: /no space left/i,
    noEvents: true,
  },
];

const ofServer = ({ lab }: Case): boolean => lab?.server !== "none";

for (const one of cases) {
  for (const name of runtimes) {
    test(`${name}: ${one.what}`, async () => {
      const lab = await makeLab(one.lab ?? {});
      try {
        const runtime = makeRuntime(lab, name);
        const bundle = makeBundle(lab, { script: "touch /started", ...one.bundle });
        await one.before?.(lab, bundle);
        const ran = await runtime.run(bundle);
        assert.is.not(ran.code, 0);
        // crun 1.8.1 drops a hook's stderr, so there the event log has to tell.
        const said = events(lab).map(({ message }) => String(message));
        const seen = name === "crun" ? said.join("\n") : ran.stderr;
        if (!(name === "crun" && one.noEvents)) assert.match(seen, one.says);
        if (!one.noEvents) assert.match(said.at(-1) ?? "", one.says);
        assert.throws(() => readFileSync(`${bundle.rootfs}/started`), /ENOENT/, "the container was started");
        await runtime.delete(bundle);
        if (one.what.includes("port's name")) await lab.worker.must("ip", "link", "del", "other0");
        await assertNothingLeft(lab, lab.worker, ofServer(one));
      } finally {
        await lab.destroy();
      }
    });
  }
}

const hook = (lab: Lab, command: string, state: Readonly<Record<string, unknown>>) => {
  const { configFile, runDir, stateDir } = berthDirs(lab);
  const args = [command, "--config", configFile, "--run-dir", runDir, "--state-dir", stateDir];
  return lab.worker.execWith(
    { input: JSON.stringify({ ociVersion: "1.0.2", status: "creating", ...state }) },
    `${import.meta.dir}/../../dist/berth`,
    ...args,
  );
};

test("the process died before the hook came to it", async () => {
  const lab = await makeLab();
  try {
    const bundle = makeBundle(lab);
    const gone = lab.worker.daemon("true", []);
    await until("it has ended", gone.exited);
    const ran = await hook(lab, "createRuntime", { id: bundle.id, pid: gone.pid, bundle: bundle.path });
    assert.is(ran.code, 1);
    assert.is(ran.stderr, `berth: createRuntime ${bundle.id}: the container's process ${gone.pid} is gone`);
    await assertNothingLeft(lab);
  } finally {
    await lab.destroy();
  }
});

test("the bundle cannot be read", async () => {
  const lab = await makeLab();
  try {
    const ran = await hook(lab, "createRuntime", { id: randomId(), pid: process.pid, bundle: "/nonexistent" });
    assert.is(ran.code, 1);
    assert.match(ran.stderr, /^berth: createRuntime \S+: .*\/nonexistent.*$/);
    assert.is(ran.stderr.split("\n").length, 1);
  } finally {
    await lab.destroy();
  }
});

for (const name of runtimes) {
  test(`${name}: SIGTERM while the hook waits`, async () => {
    const lab = await makeLab({ server: "none" });
    try {
      const runtime = makeRuntime(lab, name);
      const bundle = makeBundle(lab, { script: "touch /started" });
      const running = runtime.run(bundle);
      const { runDir } = berthDirs(lab);
      const pid = await until("the hook waits", async () => {
        const found = await lab.worker.exec("pgrep", "-f", `berth createRuntime .*${runDir}`);
        const port = await lab.worker.exec("sh", "-c", "cat /sys/class/net/bt*/brport/state");
        return port.stdout === "3" && found.code === 0 ? found.stdout.split("\n")[0] : null;
      });
      await lab.worker.must("kill", "-TERM", pid);
      const ran = await running;
      assert.is.not(ran.code, 0);
      assert.match(String(events(lab).at(-1)?.["message"]), /given up: (stopped by SIGTERM|interrupted)/);
      assert.throws(() => readFileSync(`${bundle.rootfs}/started`), /ENOENT/);
      await runtime.delete(bundle);
      await assertNothingLeft(lab, lab.worker, false);
    } finally {
      await lab.destroy();
    }
  });
}

test.run();
