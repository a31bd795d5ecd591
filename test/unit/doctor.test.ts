/** Checks of `berth doctor` that look at files of the machine: each on a machine where all is well, and on ones where it is not. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkUplink } from "../../src/doctor/bridge.ts";
import type { Machine } from "../../src/doctor/context.ts";
import { checkBridgeFilter, checkConntrack, checkReversePath } from "../../src/doctor/filters.ts";
import type { Finding } from "../../src/doctor/finding.ts";
import { checkMachineId } from "../../src/doctor/machineId.ts";
import { checkRuntimes } from "../../src/doctor/runtimes.ts";
import { shownFindings } from "../../src/doctor/show.ts";

type Files = Readonly<Record<string, string>>;

/** A text that begins with `->` is a symbolic link; one that begins with `#!` can be executed. */
const withMachine = (files: Files, work: (machine: Machine) => void, rules = ""): void => {
  const root = mkdtempSync(`${tmpdir()}/berth-doctor-`);
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(root + path), { recursive: true });
      if (text.startsWith("->")) symlinkSync(text.slice(2), root + path);
      else writeFileSync(root + path, text);
      if (text.startsWith("#!")) chmodSync(root + path, 0o755);
    }
    work({
      root,
      run: () => ({ code: 0, stdout: rules, stderr: "" }),
      has: (program) => Object.keys(files).some((path) => path.endsWith(`bin/${program}`)),
    });
  } finally {
    rmSync(root, { recursive: true });
  }
};

const levels = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ check, level }) => `${check} ${level}`);

/** The one finding, which must say what to do. */
const only = (findings: readonly Finding[], level: Finding["level"], says: RegExp): void => {
  assert.is(findings.length, 1, JSON.stringify(findings));
  const [finding] = findings;
  assert.is(finding?.level, level, JSON.stringify(finding));
  assert.match(finding?.what ?? "", says);
  if (level !== "ok") assert.ok((finding?.means ?? "") !== "" && (finding?.mend ?? "") !== "", JSON.stringify(finding));
};

test("machine-id: there, missing, empty, not yet made", () => {
  const id = "0123456789abcdef0123456789abcdef";
  withMachine({ "/etc/machine-id": `${id}\n` }, (machine) => only(checkMachineId(machine), "ok", /id of its own/));
  withMachine({ "/var/lib/dbus/machine-id": id }, (machine) => only(checkMachineId(machine), "ok", /id of its own/));
  withMachine({}, (machine) => only(checkMachineId(machine), "fail", /cannot be read/));
  withMachine({ "/etc/machine-id": "" }, (machine) => only(checkMachineId(machine), "fail", /is empty/));
  for (const text of ["uninitialized\n", "0".repeat(32)])
    withMachine({ "/etc/machine-id": text }, (machine) => only(checkMachineId(machine), "fail", /holds no id/));
});

const card = "/sys/class/net/enp3s0";

test("uplink: a carrier, none, down, Wi-Fi, cards of virtual machines", () => {
  const well = { [`${card}/carrier`]: "1\n", [`${card}/device/driver`]: "->../../../bus/pci/drivers/igb" };
  withMachine(well, (machine) => assert.equal(levels(checkUplink(machine, "enp3s0")), ["uplink ok"]));
  withMachine({ [`${card}/carrier`]: "0\n" }, (machine) => only(checkUplink(machine, "enp3s0"), "fail", /no carrier/));
  withMachine({ [`${card}/operstate`]: "down\n" }, (machine) =>
    only(checkUplink(machine, "enp3s0"), "fail", /is down/),
  );
  for (const sign of ["wireless/status", "phy80211/index"])
    withMachine({ ...well, [`${card}/${sign}`]: "0" }, (machine) => {
      const [, wifi] = checkUplink(machine, "enp3s0");
      only(wifi === undefined ? [] : [wifi], "fail", /is Wi-Fi/);
    });
  for (const [driver, hypervisor] of [
    ["virtio_net", /KVM/],
    ["vmxnet3", /VMware/],
    ["hv_netvsc", /Hyper-V/],
    ["vif", /Xen/],
    ["ena", /AWS/],
  ] as const)
    withMachine({ [`${card}/carrier`]: "1", [`${card}/device/driver`]: `->../drivers/${driver}` }, (machine) => {
      const [, virtual] = checkUplink(machine, "enp3s0");
      only(virtual === undefined ? [] : [virtual], "warn", hypervisor);
    });
});

const nf = "/proc/sys/net/bridge/bridge-nf-call-iptables";
const iptables = { "/usr/sbin/iptables": "#!" };
const drop =
  "-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";

test("filter: bridged packets that iptables drops, as Docker's policy does", () => {
  const check = (files: Files, rules: string, level: Finding["level"], says: RegExp) =>
    withMachine(files, (machine) => only(checkBridgeFilter(machine, "br0"), level, says), rules);
  check({}, drop, "ok", /does not see/);
  check({ ...iptables, [nf]: "0\n" }, drop, "ok", /does not see/);
  check({ ...iptables, [nf]: "1\n" }, "-P FORWARD ACCEPT", "ok", /lets it through/);
  check({ ...iptables, [nf]: "1\n" }, drop, "fail", /policy is DROP/);
  check({ ...iptables, "/sys/class/net/br0/bridge/nf_call_iptables": "1" }, drop, "fail", /policy is DROP/);
  for (const rule of ["-i br0 -o br0", "-m physdev --physdev-is-bridged", "-i br0"])
    check({ ...iptables, [nf]: "1\n" }, `${drop}\n-A FORWARD ${rule} -j ACCEPT`, "ok", /lets it through/);
  for (const rule of ["-i br0 -m conntrack --ctstate ESTABLISHED", "-s 10.0.0.0/8 -i br0", "! -i br0", "-i br01"])
    check({ ...iptables, [nf]: "1\n" }, `${drop}\n-A FORWARD ${rule} -j ACCEPT`, "fail", /policy is DROP/);
});

test("conntrack: room, nearly full, not loaded", () => {
  const at = "/proc/sys/net/netfilter";
  const files = (count: number) => ({
    [`${at}/nf_conntrack_count`]: `${count}\n`,
    [`${at}/nf_conntrack_max`]: "1000\n",
  });
  withMachine({}, (machine) => assert.equal(checkConntrack(machine), []));
  withMachine(files(10), (machine) => only(checkConntrack(machine), "ok", /10 of 1000/));
  withMachine(files(950), (machine) => only(checkConntrack(machine), "warn", /950 of 1000 connections \(95 %\)/));
});

test("rp_filter: off, loose, strict", () => {
  const files = (all: number, byDefault: number) => ({
    "/proc/sys/net/ipv4/conf/all/rp_filter": String(all),
    "/proc/sys/net/ipv4/conf/default/rp_filter": String(byDefault),
  });
  withMachine(files(0, 2), (machine) => only(checkReversePath(machine), "ok", /off or loose/));
  withMachine(files(1, 0), (machine) =>
    only(checkReversePath(machine), "warn", /net\.ipv4\.conf\.all\.rp_filter is 1/),
  );
  withMachine(files(0, 1), (machine) =>
    only(checkReversePath(machine), "warn", /net\.ipv4\.conf\.default\.rp_filter is 1/),
  );
});

const shim = "/usr/local/libexec/berth/hooks/berth-runtime";
const dockerd = { "/usr/bin/dockerd": "#!" };
const daemon = (text: string): Files => ({ ...dockerd, "/etc/docker/daemon.json": text });

test("hooks: Docker without berth, with it, with a shim that is gone, with a file that is no JSON", () => {
  const entry = `{"runtimes":{"berth":{"path":"${shim}"}}}`;
  const isDefault = `{"runtimes":{"berth":{"path":"${shim}"}},"default-runtime":"berth"}`;
  withMachine(dockerd, (machine) =>
    only(checkRuntimes(machine), "warn", /Docker is installed and does not know berth/),
  );
  withMachine(daemon("{}"), (machine) => only(checkRuntimes(machine), "warn", /does not know berth/));
  withMachine(daemon("{"), (machine) => only(checkRuntimes(machine), "fail", /daemon\.json: line 1/));
  withMachine(daemon(entry), (machine) =>
    only(checkRuntimes(machine), "fail", /is not there or cannot be executed|not there/),
  );
  withMachine({ ...daemon(entry), [shim]: "no program" }, (machine) =>
    only(checkRuntimes(machine), "fail", /cannot be executed/),
  );
  withMachine({ ...daemon(entry), [shim]: "#!/bin/sh" }, (machine) =>
    only(checkRuntimes(machine), "ok", /as the runtime berth$/),
  );
  withMachine({ ...daemon(isDefault), [shim]: "#!/bin/sh" }, (machine) =>
    only(checkRuntimes(machine), "ok", /its default$/),
  );
});

const berth = { "/usr/local/bin/berth": "#!" };
const hook = (stage: string): string =>
  JSON.stringify({
    hook: { path: "/usr/local/bin/berth", args: ["berth", stage] },
    stages: [stage],
    when: { always: true },
  });
const hooksIn = (directory: string): Files => ({
  [`${directory}/berth-createRuntime.json`]: hook("createRuntime"),
  [`${directory}/berth-poststop.json`]: hook("poststop"),
});
const usual = "/usr/share/containers/oci/hooks.d";
const local = "/etc/containers/oci/hooks.d";

test("hooks: podman and CRI-O without, with, with half, with dead hooks, and with hooks where nobody looks", () => {
  for (const [program, name] of [
    ["podman", "podman"],
    ["crio", "CRI-O"],
  ] as const) {
    const engine = { [`/usr/bin/${program}`]: "#!" };
    const says = (files: Files, level: Finding["level"], text: RegExp) =>
      withMachine({ ...engine, ...files }, (machine) => only(checkRuntimes(machine), level, text));
    says({}, "warn", new RegExp(`${name} is installed and does not call berth`));
    says({ ...berth, ...hooksIn(usual) }, "ok", new RegExp(`${name} calls berth`));
    says({ ...berth, [`${usual}/x.json`]: hook("createRuntime") }, "fail", /at one end only: poststop is missing/);
    says({ ...berth, [`${usual}/x.json`]: "{" }, "warn", /does not call berth/);
    withMachine({ ...engine, ...hooksIn(usual) }, (machine) =>
      assert.equal(levels(checkRuntimes(machine)), ["hooks fail", "hooks fail"]),
    );
  }
  const podman = { "/usr/bin/podman": "#!", ...berth, ...hooksIn(local) };
  withMachine(podman, (machine) => assert.equal(levels(checkRuntimes(machine)), ["hooks warn", "hooks warn"]));
  const conf = { "/etc/containers/containers.conf": `[engine]\nhooks_dir = ["${local}"]\n` };
  withMachine({ ...podman, ...conf }, (machine) => only(checkRuntimes(machine), "ok", /podman calls berth/));
});

test("hooks: containerd's entry, runtimes by themselves, and nobody at all", () => {
  const toml = { "/etc/containerd/config.toml": `  BinaryName = "${shim}"\n` };
  withMachine(toml, (machine) => only(checkRuntimes(machine), "fail", /config\.toml names/));
  withMachine({ ...toml, [shim]: "#!/bin/sh" }, (machine) =>
    only(checkRuntimes(machine), "ok", /containerd knows berth/),
  );
  withMachine({ "/usr/bin/crun": "#!" }, (machine) => only(checkRuntimes(machine), "ok", /^crun by itself/));
  withMachine({}, (machine) => only(checkRuntimes(machine), "warn", /neither Docker, podman/));
});

const some: readonly Finding[] = [
  { check: "bridge", level: "ok", what: "br0 is there and up", means: null, mend: null },
  {
    check: "dhcp",
    level: "fail",
    what: "nobody answers",
    means: "a meaning of some length ".repeat(6).trim(),
    mend: `fix ${"x".repeat(90)}`,
  },
];

test("shown in 80 columns no line is longer but by a word that must stay whole; without a terminal nothing is wrapped", () => {
  const narrow = shownFindings(some, { width: 80, colour: false, unicode: true }).split("\n");
  assert.equal(narrow[0], "✓  bridge  br0 is there and up");
  assert.ok(
    narrow.every((line) => line.length <= 80 || line.includes("x".repeat(90))),
    narrow.join("\n"),
  );
  assert.is(narrow.at(-2), "1 wrong, 0 to look at, 1 well");
  const plain = shownFindings(some, { width: Number.POSITIVE_INFINITY, colour: false, unicode: false });
  assert.match(plain, /^ok bridge {2}br0/);
  assert.match(plain, /\n> fix|\n +> fix/);
  assert.is(plain.split("\n").length, 6);
  assert.match(shownFindings(some, { width: 80, colour: true, unicode: true }), "\u001b[31m✗");
});

test.run();
