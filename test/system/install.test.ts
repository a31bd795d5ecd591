/** install.sh on a host of the lab: what it puts where, twice, and what it takes away again. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBundle, repository } from "../lab/bundle.ts";
import { type Lab, makeLab } from "../lab/lab.ts";
import { privateEtc, privateRun, treeOf } from "../lab/snapshot.ts";
import { until } from "../lab/until.ts";

const test = suite("install.sh");

const inLab = async (
  work: (
    lab: Lab,
    install: (...args: readonly string[]) => ReturnType<Lab["worker"]["exec"]>,
    etc: string,
  ) => Promise<void>,
): Promise<void> => {
  const lab = await makeLab({ server: "none" });
  try {
    const etc = await privateEtc(lab, lab.worker);
    await work(lab, (...args) => lab.worker.execWith({ timeoutMs: 120_000 }, `${repository}/install.sh`, ...args), etc);
  } finally {
    await lab.destroy();
  }
};

test("installs under a prefix, again without harm, and is removed without a trace but the configuration", () =>
  inLab(async (lab, install, etc) => {
    const prefix = `${lab.directory}/prefix`;
    const first = await install("--prefix", prefix);
    assert.is(first.code, 0, first.stderr);
    assert.match(await lab.worker.must(`${prefix}/bin/berth`, "version"), /^berth \d+\.\d+\.\d+ \(/);
    const hook = JSON.parse(readFileSync(`${prefix}/share/containers/oci/hooks.d/berth-createRuntime.json`, "utf8"));
    assert.is(hook.hook.path, `${prefix}/bin/berth`);
    assert.match(readFileSync(`${prefix}/libexec/berth/hooks/poststop`, "utf8"), `${prefix}/bin/berth poststop`);
    assert.match(readFileSync(`${prefix}/libexec/berth/hooks/berth-runtime`, "utf8"), `berth=${prefix}/bin/berth\n`);
    assert.match(readFileSync(`${etc}/berth/berth.json`, "utf8"), `${prefix}/share/berth/berth.schema.json`);
    assert.ok(existsSync(`${prefix}/share/berth/berth.schema.json`));
    const daemon = JSON.parse(readFileSync(`${prefix}/share/berth/docker/daemon.json`, "utf8"));
    assert.is(daemon.runtimes.berth.path, `${prefix}/libexec/berth/hooks/berth-runtime`);
    assert.match(
      readFileSync(`${prefix}/share/berth/quadlet/web1.container`, "utf8"),
      `--hooks-dir=${prefix}/share/containers/oci/hooks.d`,
    );
    await lab.worker.must("sh", "-c", 'echo "{}" >"$0"', `${etc}/berth/berth.json`);
    const before = treeOf(prefix, (path) => path === "bin/berth");
    const second = await install("--prefix", prefix);
    assert.is(second.code, 0, second.stderr);
    assert.match(second.stdout, "is there already and stays as it is");
    assert.is(readFileSync(`${etc}/berth/berth.json`, "utf8"), "{}\n");
    assert.equal(
      treeOf(prefix, (path) => path === "bin/berth"),
      before,
    );
    const gone = await install("--prefix", prefix, "--uninstall");
    assert.is(gone.code, 0, gone.stderr);
    assert.match(gone.stdout, "Left in place: /etc/berth");
    assert.equal(
      treeOf(prefix).filter((path) => path.includes("berth")),
      [],
    );
    assert.is((await install("--prefix", prefix, "--uninstall")).code, 0);
  }));

test("--with-network-wrapper makes a link by that name, never in the place of somebody else's, and takes its own away", () =>
  inLab(async (lab, install) => {
    const prefix = `${lab.directory}/prefix`;
    const link = `${prefix}/bin/network-wrapper`;
    const withLink = () => install("--prefix", prefix, "--with-network-wrapper");
    mkdirSync(`${prefix}/bin`, { recursive: true });
    for (const leave of [() => writeFileSync(link, "theirs\n"), () => symlinkSync("gone", link)]) {
      leave();
      const refused = await withLink();
      assert.is(refused.code, 1, refused.stdout);
      assert.match(refused.stderr, `${link} is there already and is not berth's`);
      assert.not.ok(existsSync(`${prefix}/bin/berth`), "half installed");
      assert.is((await install("--prefix", prefix, "--uninstall")).code, 0);
      assert.ok(lstatSync(link, { throwIfNoEntry: false }), "somebody else's was removed");
      rmSync(link);
    }
    for (const time of ["once", "twice"]) {
      const installed = await withLink();
      assert.is(installed.code, 0, `${time}: ${installed.stderr}`);
      assert.is(readlinkSync(link), "berth");
    }
    const asked = await lab.worker.exec(link, "inspect", "nobody");
    assert.is(asked.code, 1);
    assert.match(asked.stderr, "nobody");
    assert.is((await install("--prefix", prefix, "--uninstall")).code, 0);
    assert.not.ok(lstatSync(link, { throwIfNoEntry: false }));
  }));

test("the README's way to register a bundle, with what was installed", async () => {
  const lab = await makeLab();
  try {
    await privateEtc(lab, lab.worker);
    await privateRun(lab.worker);
    const prefix = `${lab.directory}/prefix`;
    const install = await lab.worker.execWith({ timeoutMs: 120_000 }, `${repository}/install.sh`, "--prefix", prefix);
    assert.is(install.code, 0, install.stderr);
    const readme = readFileSync(`${repository}/README.md`, "utf8");
    const commands = /cd \/path\/to\/bundle\n([\s\S]*?)runc run web1\n/.exec(readme)?.[1] ?? "false";
    for (const runtime of ["runc", "crun"]) {
      const bundle = makeBundle(lab, { hooks: false, script: "ip -4 -o addr show eth0" });
      const script = `cd "$0" && ${commands.replaceAll("/usr/local/", `${prefix}/`)} ${runtime} --root "$0/state" run web1`;
      const ran = await lab.worker.exec("sh", "-ec", script, bundle.path);
      assert.match(ran.stdout, /inet 10\.88\.0\.\d+\/24/, ran.stderr);
      await until("the lease is released", () => lab.server.leases().length === 0);
    }
    const running = () => lab.worker.exec("pgrep", "-f", `^${prefix}/bin/berth keeper`);
    await until("the hook has started a keeper", async () => (await running()).stdout.split("\n").length === 1);
    const first = (await running()).stdout;
    const again = await lab.worker.execWith({ timeoutMs: 120_000 }, `${repository}/install.sh`, "--prefix", prefix);
    assert.is(again.code, 0, again.stderr);
    await until("another keeper has taken over", async () => {
      const { code, stdout } = await running();
      return code === 0 && stdout !== first;
    });
    await until("it keeps", async () => (await lab.worker.exec("test", "-S", "/run/berth/keeper.sock")).code === 0);
    await lab.worker.must(`${repository}/install.sh`, "--prefix", prefix, "--uninstall");
    await until("no keeper is left", async () => (await running()).code !== 0);
  } finally {
    await lab.destroy();
  }
});

for (const [args, says] of [
  [["--frobnicate"], "unknown option '--frobnicate'"],
  [["--prefix"], "--prefix needs a directory"],
  [["--prefix", "relative"], "must be an absolute path"],
  [["--prefix", "/a b"], "may hold letters"],
  [["--prefix", '/a"; reboot; "'], "may hold letters"],
  [["--demo", "--uninstall"], "exclude each other"],
] as const) {
  test(`${args.join(" ")}: one line, exit code 2`, async () => {
    const ran = Bun.spawnSync([`${repository}/install.sh`, ...args]);
    assert.is(ran.exitCode, 2);
    assert.match(ran.stderr.toString(), says);
    assert.is(ran.stderr.toString().trim().split("\n").length, 1);
  });
}

test("--help names every option", () => {
  const text = Bun.spawnSync([`${repository}/install.sh`, "--help"]).stdout.toString();
  for (const option of ["--prefix", "--demo", "--uninstall", "--help"]) assert.match(text, option);
});

test.run();
