/** `berth doctor` on a worker of the lab: a way on which all is well, and one thing at a time that is not. */
// @limit 400
import { writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Finding } from "../../src/doctor/finding.ts";
import { berthDirs, repository } from "../lab/bundle.ts";
import { assertOneLine, executable } from "../lab/hook.ts";
import { runContainer, startKeeper } from "../lab/keeper.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, onlyRecord, ports, records } from "../lab/look.ts";
import { labOptions, operate, withLab } from "../lab/operator.ts";
import { startServer } from "../lab/startServer.ts";
import { until } from "../lab/until.ts";

type Diagnosis = { readonly code: number; readonly findings: readonly Finding[] };

const examine = async (lab: Lab, ...words: readonly string[]): Promise<Diagnosis> => {
  const { code, stdout, stderr } = await operate(lab, ["doctor", "--json", ...words]);
  assert.is(stderr, "");
  return { code, findings: JSON.parse(stdout) };
};

/** The one finding of the check that is not well; it says what it means and what mends it. */
const complaint = ({ findings }: Diagnosis, check: string, level: Finding["level"]): Finding => {
  const found = findings.filter((one) => one.check === check && one.level === level);
  assert.is(found.length, 1, `${check} ${level}: ${JSON.stringify(findings, null, 1)}`);
  const [finding] = found;
  if (finding === undefined) throw new Error("no finding");
  assert.ok((finding.means ?? "") !== "" && (finding.mend ?? "") !== "", JSON.stringify(finding));
  return finding;
};

/** What this machine itself is like is not the lab's doing. */
const ofTheMachine = ["hooks", "machine-id", "rp_filter", "conntrack", "filter"];
const wrong = ({ findings }: Diagnosis): readonly Finding[] =>
  findings.filter(({ check, level }) => level !== "ok" && !ofTheMachine.includes(check));

test(
  "where all is well it says so, names the server and its offer, and leaves neither port nor lease",
  withLab(async (lab) => {
    await startKeeper(lab);
    await runContainer(lab);
    const capture = await lab.capture("udp", "port", "67");
    const before = await ports(lab.worker);
    const leases = lab.server.leases().length;
    const diagnosis = await examine(lab);
    assert.equal(wrong(diagnosis), []);
    const checks = new Set(diagnosis.findings.map(({ check }) => check));
    for (const check of [
      "config",
      "machine-id",
      "bridge",
      "uplink",
      "filter",
      "dhcp",
      "hooks",
      "keeper",
      "records",
      "leases",
    ])
      assert.ok(checks.has(check), `${check} is among ${[...checks].join(" ")}`);
    const dhcp = diagnosis.findings.find(({ check }) => check === "dhcp")?.what ?? "";
    assert.match(
      dhcp,
      /^10\.88\.0\.1 offers 10\.88\.0\.\d+\/24 after \d+ ms \(router 10\.88\.0\.1, DNS 10\.88\.0\.1, for 1h 0m\)$/,
    );
    assert.equal(await ports(lab.worker), before);
    assert.is(lab.server.leases().length, leases);
    const seen = await capture.stop();
    assert.match(seen, "Discover");
    assert.not.match(seen, /DHCP-Message.*Request/);
  }),
);

test(
  "the configuration: a mistake, with its place",
  withLab(async (lab) => {
    writeFileSync(berthDirs(lab).configFile, '{"networks":{"default":{"bridge":"br0","nonsense":1}}}');
    const diagnosis = await examine(lab);
    assert.is(diagnosis.code, 1);
    assert.match(complaint(diagnosis, "config", "fail").what, "nonsense");
    assert.not.ok(diagnosis.findings.some(({ check }) => check === "dhcp"));
  }),
);

test(
  "the bridge: missing, not a bridge, down; a network that there is not",
  withLab(async (lab) => {
    const { configFile } = berthDirs(lab);
    const networks = { default: { bridge: "br0" }, gone: { bridge: "br7" }, card: { bridge: "uplink" } };
    writeFileSync(configFile, JSON.stringify({ networks }));
    assert.match(
      complaint(await examine(lab, "gone"), "bridge", "fail").what,
      "network gone: the bridge br7 does not exist",
    );
    assert.match(complaint(await examine(lab, "card"), "bridge", "fail").what, "uplink is not a Linux bridge");
    await lab.worker.must("ip", "link", "set", "br0", "down");
    const down = complaint(await examine(lab, "br0"), "bridge", "fail");
    assert.equal([down.what, down.mend], ["network default: the bridge br0 is down", "'ip link set br0 up'"]);
    const unknown = await operate(lab, ["doctor", "br9"]);
    assert.is(unknown.code, 1);
    assertOneLine(unknown, "doctor");
    assert.match(
      unknown.stderr,
      /"br9" is neither a network nor a bridge of this host: the networks are default, gone, card/,
    );
  }),
);

test(
  "the uplink: down, without a carrier, none; and then nobody answers",
  withLab(async (lab) => {
    await lab.worker.must("ip", "link", "set", "uplink", "down");
    const down = await examine(lab);
    assert.equal([down.code, complaint(down, "uplink", "fail").mend], [1, "ip link set uplink up"]);
    const silent = complaint(down, "dhcp", "fail");
    assert.match(silent.what, "network default: no DHCP server answers on br0");
    await lab.worker.must("ip", "link", "set", "uplink", "up");
    await lab.lan.must("ip", "link", "set", "worker1", "down");
    assert.match(complaint(await examine(lab), "uplink", "fail").what, "no carrier");
    await lab.worker.must("ip", "link", "set", "uplink", "nomaster");
    assert.match(complaint(await examine(lab), "uplink", "warn").what, "br0 has no uplink");
    assert.equal(await ports(lab.worker), []);
  }),
);

test(
  "spanning tree: a forward delay that every start waits for, and one that none survives; the server is asked all the same",
  withLab(
    async (lab) => {
      const slow = await examine(lab);
      assert.match(complaint(slow, "bridge", "warn").what, "a new port forwards after 4 s");
      assert.ok(slow.findings.some(({ check, level }) => check === "dhcp" && level === "ok"));
      await lab.worker.must("ip", "link", "set", "br0", "type", "bridge", "forward_delay", "1500");
      assert.match(complaint(await examine(lab), "bridge", "fail").means ?? "", "dhcp.timeout is 10 s");
    },
    { stpForwardDelay: 200 },
  ),
);

test(
  "DHCP: a second server is seen; a slow one; one whose offers are no leases",
  withLab(async (lab) => {
    const { network } = lab;
    const rogue = await startServer(
      lab.peer,
      {
        ...{
          kind: "dnsmasq",
          network,
          first: 210,
          last: 220,
          leaseSeconds: 600,
          interface: "eth0",
          router: `${network}.2`,
        },
        ...{ dns: [], domain: null, search: [], mtu: null, classless: [], authoritative: true, pingCheck: false },
        ...{ behindRelay: null, wide: false, extra: [] },
      },
      `${lab.directory}/rogue`,
    );
    lab.onDestroy(rogue.stop);
    const two = complaint(await examine(lab), "dhcp", "warn");
    assert.match(two.what, /2 DHCP servers answer: (10\.88\.0\.1, 10\.88\.0\.2|10\.88\.0\.2, 10\.88\.0\.1)/);
    await rogue.stop();
    await lab.server.start({ pingCheck: true });
    assert.match(complaint(await examine(lab), "dhcp", "warn").what, /10\.88\.0\.1 takes \d\.\d s for an offer/);
    await lab.server.stop();
    const none = await examine(lab);
    assert.is(none.code, 1);
    assert.match(complaint(none, "dhcp", "fail").what, "no DHCP server answers");
  }),
);

test(
  "the keeper: leases that nobody renews; one that does not answer; one that may not be started",
  withLab(async (lab) => {
    assert.match(complaint(await examine(lab), "keeper", "warn").what, "autostart");
    await runContainer(lab);
    const alone = await examine(lab);
    assert.equal([alone.code, complaint(alone, "keeper", "fail").means], [1, "1 lease is renewed by nobody"]);
    const keeper = await startKeeper(lab);
    const well = await examine(lab);
    assert.match(
      well.findings.find(({ check }) => check === "keeper")?.what ?? "",
      /^the keeper \(pid \d+\) has been running for \d+s$/,
    );
    await lab.worker.must("kill", "-STOP", String(keeper.pid));
    assert.match(
      complaint(await examine(lab), "keeper", "fail").what,
      `the keeper (pid ${keeper.pid}) does not answer`,
    );
    await lab.worker.must("kill", "-CONT", String(keeper.pid));
  }),
);

test(
  "records and leases: an attachment that was taken apart, one that ended, one that cannot be read; leases lost and nearly over",
  withLab(async (lab) => {
    const container = await runContainer(lab);
    await container.inside("ip", "address", "flush", "dev", "eth0");
    const broken = await examine(lab);
    assert.is(broken.code, 1);
    assert.match(complaint(broken, "records", "fail").what, "is broken: an address is missing");
    const path = `${berthDirs(lab).runDir}/attachments/${container.bundle.id}/eth0.json`;
    const record = onlyRecord(lab);
    const write = (more: Record<string, unknown>): void => writeFileSync(path, JSON.stringify({ ...record, ...more }));
    const lease = record.lease;
    if (lease === null || record.boundAtBootMs === null) throw new Error("no lease");
    write({ boundAtBootMs: record.boundAtBootMs - (lease.leaseSeconds - 60) * 1000 });
    assert.match(complaint(await examine(lab), "leases", "warn").what, /ends in (59|58|57|5\d)s$/);
    write({ boundAtBootMs: record.boundAtBootMs - lease.leaseSeconds * 1000 });
    assert.match(complaint(await examine(lab), "leases", "fail").what, "has expired");
    write({ state: "lost", lease: null, addresses: [], routes: [] });
    assert.match(complaint(await examine(lab), "leases", "fail").what, "has lost its lease");
    writeFileSync(path, "{");
    assert.match(complaint(await examine(lab), "records", "fail").what, "cannot be used");
    write({ pidStart: 1 });
    assert.match(complaint(await examine(lab), "records", "warn").what, "has ended");
    write({});
  }),
);

test(
  "a doctor that is killed in the middle leaves no port, and nothing that gc does not take away",
  withLab(async (lab) => {
    await lab.server.stop();
    const doctor = lab.worker.daemon(executable, ["doctor", ...labOptions(lab)]);
    await until("its port", async () => (await ports(lab.worker)).length > 0);
    await doctor.stop("SIGKILL");
    await until("the port has gone with its other end", async () => (await ports(lab.worker)).length === 0);
    assert.is((await operate(lab, ["gc"])).code, 0);
    await assertNothingLeft(lab, lab.worker, false);
  }),
);

test(
  "on a terminal of 80 columns it is marked, coloured and wrapped; NO_COLOR is honoured; without root it says so",
  withLab(async (lab) => {
    await lab.server.stop();
    const line = [executable, "doctor", ...labOptions(lab)].join(" ");
    const terminal = (env: Record<string, string>) =>
      lab.worker.execWith({ env }, "script", "-qec", `stty cols 80; ${line}`, "/dev/null");
    const { stdout } = await terminal({ LC_ALL: "C.UTF-8", TERM: "xterm" });
    assert.match(stdout, "\u001b[31m✗  \u001b[39m");
    const bare = (await terminal({ LC_ALL: "C.UTF-8", TERM: "xterm", NO_COLOR: "1" })).stdout;
    assert.match(bare, /✗ {2}dhcp/);
    assert.not.match(bare, "\u001b[3");
    const long = bare.split("\n").filter((row) => row.trimEnd().length > 80 && !row.includes(" … "));
    assert.equal(long, []);
    const other = await lab.worker.exec(
      "setpriv",
      "--reuid=65534",
      "--clear-groups",
      `${repository}/dist/berth`,
      "doctor",
    );
    assert.is(other.code, 1);
    assertOneLine(other, "doctor");
    assert.match(other.stderr, "run it as root");
    assert.equal(records(lab), []);
  }),
);

test.run();
