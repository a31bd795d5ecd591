/** `berth ls` in a pipe, on real terminals, with broken records and with two hundred attachments. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Entry } from "../../src/containers/entry.ts";
import { bootMs } from "../../src/host/bootTime.ts";
import { startTime } from "../../src/host/process.ts";
import { berthDirs, makeBundle } from "../lab/bundle.ts";
import { executable } from "../lab/hook.ts";
import { inLab } from "../lab/inLab.ts";
import type { Lab } from "../lab/lab.ts";
import { onlyRecord } from "../lab/look.ts";
import { labOptions, mustOperate, operate } from "../lab/operator.ts";
import { makeRuntime } from "../lab/runtime.ts";
import { onTerminal, withoutColour } from "../lab/terminal.ts";
import { until } from "../lab/until.ts";
import { someRecord } from "../record.ts";

const test = suite("ls");

const withLab = (work: (lab: Lab) => Promise<void>) => (): Promise<void> => inLab({}, work);

/** A record of a container that is this very process. */
const write = (lab: Lab, id: string, changes: Readonly<Record<string, unknown>> = {}): void => {
  const directory = `${berthDirs(lab).runDir}/attachments/${id}`;
  mkdirSync(directory, { recursive: true });
  const pidStart = startTime(process.pid);
  const record = someRecord({
    id,
    pid: process.pid,
    pidStart,
    boundAtBootMs: bootMs(),
    boundAtMs: Date.now(),
    ...changes,
  });
  writeFileSync(`${directory}/eth0.json`, JSON.stringify(record));
};

test(
  "what is attached, in a pipe and as JSON",
  withLab(async (lab) => {
    const empty = await operate(lab, ["ls"]);
    assert.equal([empty.code, empty.stderr, empty.stdout.split("\n").length], [0, "", 1]);
    const runc = makeRuntime(lab, "runc");
    const bundle = makeBundle(lab, { id: "shop" });
    assert.is((await runc.start(bundle)).code, 0);
    const { mac, port, lease } = onlyRecord(lab);
    const [head, row, ...more] = (await mustOperate(lab, "ls")).split("\n");
    assert.is(head, "CONTAINER\tNAME\tNETWORK\tBRIDGE\tPORT\tIFNAME\tMAC\tIP\tLEASE\tEXPIRES IN");
    assert.match(
      row ?? "",
      new RegExp(`^shop\t-\tdefault\tbr0\t${port}\teth0\t${mac}\t${lease?.address}\tbound\t59m$`),
    );
    assert.equal(more, []);
    const [entry]: readonly Entry[] = JSON.parse(await mustOperate(lab, "ls", "--json"));
    assert.equal([entry?.container, entry?.mac, entry?.addresses], ["shop", mac, [`${lease?.address}/24`]]);
    assert.equal(JSON.parse(await mustOperate(lab, "ls", "--json", "--network", "other")), []);
    await lab.worker.must("kill", "-9", String(await runc.pid(bundle)));
    await until("its end is seen", async () => / *ended/.test(await mustOperate(lab, "ls")));
  }),
);

test(
  "a terminal of 80 columns: ten columns, no line too long, long names cut; colour unless NO_COLOR",
  withLab(async (lab) => {
    write(lab, "web1", { name: "shop-frontend-production-with-a-rather-long-name" });
    write(lab, "b".repeat(200));
    write(lab, "0123456789abcdef".repeat(4), { name: "web2" });
    const words = [executable, "ls", ...labOptions(lab)];
    const { stdout } = await onTerminal(lab.worker, { columns: 80 }, words);
    const lines = withoutColour(stdout).trimEnd().split("\n");
    assert.is(lines.length, 8, stdout);
    for (const line of lines) assert.ok(Bun.stringWidth(line) <= 80, line);
    const text = lines.join("\n");
    for (const whole of [
      "0123456789ab ",
      "web2 ",
      "shop-frontend-",
      "bbbbbb",
      "02:00:00:15:aa:bb",
      "10.0.0.21",
      "bound",
    ])
      assert.match(text, whole);
    assert.match(stdout, "\u001b[32mbound\u001b[39m");
    const plain = await onTerminal(lab.worker, { columns: 80, env: { NO_COLOR: "1" } }, words);
    assert.is(plain.stdout.trimEnd(), text);
    const wide = await onTerminal(lab.worker, { columns: 150 }, words);
    assert.is(withoutColour(wide.stdout).trimEnd().split("\n").length, 4);
    const posix = await onTerminal(lab.worker, { columns: 80, env: { LC_ALL: "C" } }, words);
    assert.ok(/^[\x00-\x7f]*$/.test(posix.stdout), "a locale without UTF-8 gets ASCII");
  }),
);

test(
  "somebody else than root is told so, by every command",
  withLab(async (lab) => {
    write(lab, "web1");
    // The lab's own directories let nobody else in.
    const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];
    for (const words of [["ls"], ["ls", "--watch", "--json"], ["inspect", "web1"], ["inspect-all"], ["graph"]]) {
      const [program = "", ...args] = [...nobody, executable, ...words, ...labOptions(lab)];
      const { code, stdout, stderr } = await lab.worker.exec(program, ...args);
      assert.equal([code, stdout], [1, ""], words.join(" "));
      assert.match(
        stderr,
        new RegExp(`^berth: ${words[0]}: .*/attachments can be read by root only: run this as root$`),
      );
    }
  }),
);

test(
  "a broken record is shown as broken, with one line on standard error",
  withLab(async (lab) => {
    write(lab, "web1");
    write(lab, "torn");
    const path = `${berthDirs(lab).runDir}/attachments/torn/eth0.json`;
    writeFileSync(path, '{"version":1}');
    const { code, stdout, stderr } = await operate(lab, ["ls"]);
    assert.is(code, 0);
    assert.match(stdout, /^torn\t-\t-\t-\t-\teth0\t-\t-\tbroken\t-$/m);
    assert.match(stdout, /^web1\t/m);
    assert.is(stderr.split("\n").length, 1);
    assert.match(stderr, `berth: ls: the record ${path} cannot be used`);
    const entries: readonly Entry[] = JSON.parse((await operate(lab, ["ls", "--json"])).stdout);
    assert.equal(
      entries.map(({ container, state, error }) => [container, state, error !== null]),
      [
        ["torn", "broken", true],
        ["web1", "bound", false],
      ],
    );
  }),
);

test(
  "200 attachments: less than 0.2 s of CPU, and a slow reader gets all of it",
  withLab(async (lab) => {
    for (let at = 0; at < 200; at += 1) write(lab, new Bun.CryptoHasher("sha256").update(`${at}`).digest("hex"));
    const script = '"$@" >/dev/null; times';
    const ran = await lab.worker.exec("sh", "-c", script, "sh", executable, "ls", ...labOptions(lab));
    const [, user = "9", system = "9"] = /\n0m([0-9.]+)s 0m([0-9.]+)s/.exec(ran.stdout) ?? [];
    assert.ok(Number(user) + Number(system) < 0.2, `user ${user} s, system ${system} s`);
    const words = ['"$@" | { sleep 0.2; cat; }', "sh", executable, "ls", "--json", ...labOptions(lab)];
    const slow = await lab.worker.exec("sh", "-c", ...words);
    assert.ok(slow.stdout.length > 65_536);
    assert.is(JSON.parse(slow.stdout).length, 200);
    const head = await lab.worker.exec(
      "sh",
      "-c",
      '"$@" | head -n 1',
      "sh",
      executable,
      "ls",
      "--json",
      ...labOptions(lab),
    );
    assert.equal([head.code, head.stdout, head.stderr], [0, "[", ""]);
  }),
);

test(
  "--watch: JSON has a line a change; a pipe alone is refused; a terminal gets its own screen back",
  withLab(async (lab) => {
    const [name = "", ...words] = [executable, "ls", "--watch", ...labOptions(lab)];
    const daemon = lab.worker.daemon(name, [...words, "--json"]);
    const seen = () =>
      daemon
        .output()
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line).length);
    await until("the first line", () => seen().length === 1);
    write(lab, "web1");
    await until("a line for the change", () => seen().at(-1) === 1);
    await daemon.stop("SIGINT");
    assert.equal(seen(), [0, 1]);
    const piped = await operate(lab, ["ls", "--watch"]);
    assert.is(piped.code, 2);
    assert.match(piped.stderr, "berth: ls: --watch needs a terminal, or --json");
    const pidFile = `${lab.directory}/pid`;
    const command = `echo $$ > ${pidFile}; stty cols 80 rows 40; exec ${[name, ...words].join(" ")}`;
    const env = { TERM: "xterm", LC_ALL: "C.UTF-8" };
    const screen = lab.worker.daemon("script", ["-q", "-e", "-c", command, "/dev/null"], { env });
    await until("the table is drawn", () => screen.output().includes("10.0.0.21"));
    process.kill(Number(readFileSync(pidFile, "utf8")), "SIGINT");
    await until("it ends", () => screen.exited());
    assert.match(screen.output(), /^\u001b\[\?1049h\u001b\[\?25l.*web1.*\u001b\[\?25h\u001b\[\?1049l$/s);
  }),
);

test.run();
