// @serial
// @limit 240
/** `berth configure` with the engines themselves: what it writes is what they take. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs, repository } from "../lab/bundle.ts";
import { assertAllReleased, withDocker } from "../lab/docker.ts";
import { inLab } from "../lab/inLab.ts";
import { berth } from "../lab/keeper.ts";
import type { Lab } from "../lab/lab.ts";
import { makePodman } from "../lab/podman.ts";
import { privateEtc, privateRun, treeOf } from "../lab/snapshot.ts";
import { until } from "../lab/until.ts";

const backups = (file: string): readonly string[] =>
  readdirSync(file.slice(0, file.lastIndexOf("/"))).filter((name) => name.includes(".berth-backup-"));

test(
  "a Docker that runs takes the runtime, as the default too, and forgets it again",
  withDocker({}, async (lab, { docker, must, image, log }) => {
    // dockerd 20.10 panics when it reloads a file that has its default runtime no more.
    const reloads = () => log().split("Reloaded configuration").length;
    const reloaded = async (before: number) => until("Docker has reloaded", () => reloads() > before);
    let count = reloads();
    const file = `${lab.directory}/docker/daemon.json`;
    const words = ["--config-file", file, "--name", "other", "--shim", `${lab.directory}/docker/berth-runtime`];
    const before = readFileSync(file, "utf8");
    const dry = await berth(lab, "configure", "docker", ...words, "--dry-run");
    assert.is(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /^\+ {4}"other": \{$/m);
    assert.is(readFileSync(file, "utf8"), before);
    assert.equal(backups(file), []);

    const done = await berth(lab, "configure", "docker", ...words, "--reload");
    assert.is(done.code, 0, done.stderr);
    assert.match(done.stdout, "reads its configuration again");
    await reloaded(count);
    count = reloads();
    assert.is(backups(file).length, 1);
    assert.is(readFileSync(`${lab.directory}/docker/${backups(file)[0]}`, "utf8"), before);
    await until("Docker knows it", async () => (await must("info", "-f", "{{json .Runtimes}}")).includes('"other"'));
    const ran = await must(
      "run",
      "--rm",
      "--net",
      "none",
      "--runtime",
      "other",
      image,
      "ip",
      "-4",
      "-o",
      "addr",
      "show",
      "eth0",
    );
    assert.match(ran, /inet 10\.88\.0\./);
    await assertAllReleased(lab);
    const again = await berth(lab, "configure", "docker", ...words);
    assert.match(again.stdout, "nothing to change");
    assert.is(backups(file).length, 1);

    const asDefault = await berth(lab, "configure", "docker", ...words, "--set-as-default", "--reload");
    assert.is(asDefault.code, 0, asDefault.stderr);
    await reloaded(count);
    count = reloads();
    assert.match(asDefault.stdout, '"when" is "asked"');
    assert.is(JSON.parse(readFileSync(berthDirs(lab).configFile, "utf8")).when, "asked");
    await until("it is the default", async () => (await must("info", "-f", "{{.DefaultRuntime}}")) === "other");
    const plain = await must("run", "--rm", "--net", "none", image, "ip", "-o", "link");
    assert.not.match(plain, "eth0");
    const asking = await must("run", "--rm", "--net", "none", "-e", "BERTH_NETWORK=default", image, "ip", "-o", "link");
    assert.match(asking, "eth0");

    const removed = await berth(lab, "configure", "docker", ...words, "--remove", "--reload");
    assert.is(removed.code, 0, removed.stderr);
    assert.equal(JSON.parse(readFileSync(file, "utf8")), { ...JSON.parse(before), "default-runtime": "runc" });
    await until(
      "Docker has forgotten it",
      async () => !(await must("info", "-f", "{{json .Runtimes}}")).includes('"other"'),
    );
    assert.is.not((await docker("run", "--rm", "--net", "none", "--runtime", "other", image, "true")).code, 0);
  }),
);

test("a daemon.json that cannot be parsed, or options that name runtimes, are refused in one line and nothing is touched", () =>
  inLab({ server: "none" }, async (lab) => {
    const root = `${lab.directory}/root`;
    const write = (path: string, text: string) => {
      mkdirSync(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      writeFileSync(`${root}${path}`, text);
    };
    const refused = async (says: RegExp, ...options: readonly string[]) => {
      const before = treeOf(root);
      const ran = await berth(lab, "configure", "docker", "--root", root, "--shim", "/bin/sh", ...options);
      assert.is(ran.code, 1, ran.stdout);
      assert.match(ran.stderr, /^berth: configure: [\x20-\x7e]+$/);
      assert.match(ran.stderr, says);
      assert.equal(treeOf(root), before);
    };
    write("/etc/docker/daemon.json", '{ "runtimes": { "kata": {} }, }');
    await refused(/daemon\.json was left as it is, because it cannot be parsed: line 1, column 31/);
    await refused(/cannot be parsed/, "--remove");
    write("/etc/docker/daemon.json", "{}");
    write(
      "/etc/systemd/system/docker.service.d/gpu.conf",
      "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --add-runtime gpu=/gpu\n",
    );
    await refused(/gpu\.conf starts dockerd with --add-runtime: Docker refuses to start/);
    assert.is((await berth(lab, "configure", "docker", "--root", root, "--remove")).code, 0);
    await refused(/does not exist: install berth first/, "--shim", "/nowhere/berth-runtime");
    for (const [options, says] of [
      [["--name", "a b"], /--name may hold/],
      [["--name", "runc"], /must not be runc/],
      [["--when", "never"], /--when is asked/],
      [["--remove", "--set-as-default"], /exclude each other/],
      [["--config-file", "relative"], /absolute path/],
    ] as const) {
      const ran = await berth(lab, "configure", "docker", "--root", root, ...options);
      assert.is(ran.code, 2);
      assert.match(ran.stderr, says);
    }
    assert.is((await berth(lab, "configure", "lxc")).code, 2);
  }));

test("mode and owner of the file stay, and a symbolic link stays one", () =>
  inLab({ server: "none" }, async (lab) => {
    const real = `${lab.directory}/real.json`;
    writeFileSync(real, "{}", { mode: 0o640 });
    await lab.worker.must("chown", "12:34", real);
    await lab.worker.must("ln", "-s", real, `${lab.directory}/link.json`);
    const ran = await berth(
      lab,
      "configure",
      "docker",
      "--config-file",
      `${lab.directory}/link.json`,
      "--shim",
      "/bin/sh",
    );
    assert.is(ran.code, 0, ran.stderr);
    const { mode, uid, gid } = statSync(real);
    assert.equal([mode & 0o777, uid, gid], [0o640, 12, 34]);
    assert.is(await lab.worker.must("readlink", `${lab.directory}/link.json`), real);
    assert.ok("berth" in JSON.parse(readFileSync(real, "utf8")).runtimes);
  }));

test("podman with the hooks that configure installs, and without them again", () =>
  inLab({}, async (lab) => {
    const directory = `${lab.directory}/hooks.d`;
    writeFileSync(berthDirs(lab).configFile, '{"networks":{"default":{"bridge":"br0"}},"keeper":{"autostart":false}}');
    const installed = await berth(lab, "configure", "podman", "--config-file", directory);
    assert.is(installed.code, 0, installed.stderr);
    assert.equal(readdirSync(directory).sort(), ["berth-createRuntime.json", "berth-poststop.json"]);
    const { must, image } = await makePodman(lab, directory, "runc");
    const show = ["run", "--rm", "--net", "none", image, "ip", "-4", "-o", "addr"];
    assert.match(await must(...show), /inet 10\.88\.0\./);
    assert.is((await berth(lab, "configure", "podman", "--config-file", directory, "--remove")).code, 0);
    assert.equal(
      readdirSync(directory).filter((name) => name.endsWith(".json")),
      [],
    );
    assert.not.match(await must(...show), /inet 10\.88\.0\./);
  }));

test("containerd reads the section that configure writes as what it is meant to be", () =>
  inLab({ server: "none" }, async (lab) => {
    const file = `${lab.directory}/config.toml`;
    const { runDir, stateDir } = berthDirs(lab);
    writeFileSync(file, `${await lab.worker.must("containerd", "config", "default")}\n`);
    const before = readFileSync(file, "utf8");
    const program = `${repository}/dist/berth`;
    const configure = (...words: readonly string[]) =>
      lab.worker.exec(program, "configure", "containerd", "--config-file", file, "--shim", "/bin/sh", ...words);
    const done = await configure();
    assert.is(done.code, 0, done.stderr);
    const dump = await lab.worker.must("containerd", "--config", file, "config", "dump");
    assert.match(dump, /containerd\.runtimes\.berth\]\n(?:.*\n)*?\s+runtime_type = "io\.containerd\.runc\.v2"/);
    assert.match(dump, /containerd\.runtimes\.berth\.options\]\n\s+BinaryName = "\/bin\/sh"/);
    assert.is((await configure("--remove")).code, 0);
    assert.is(readFileSync(file, "utf8"), before);
    const withSettings = await lab.worker.exec(
      program,
      "configure",
      "containerd",
      "--config-file",
      file,
      "--shim",
      "/bin/sh",
      "--run-dir",
      runDir,
      "--state-dir",
      stateDir,
    );
    assert.is(withSettings.code, 1);
    assert.match(withSettings.stderr, "have to be the defaults");
  }));

const install = (lab: Lab, ...words: readonly string[]) =>
  lab.worker.execWith(
    { timeoutMs: 120_000 },
    `${repository}/install.sh`,
    "--prefix",
    `${lab.directory}/prefix`,
    ...words,
  );

test("install.sh registers on request; --uninstall never leaves a daemon.json that names a runtime which is gone", () =>
  inLab({ server: "none" }, async (lab) => {
    const etc = await privateEtc(lab, lab.worker);
    await privateRun(lab.worker);
    const file = `${etc}/docker/daemon.json`;
    mkdirSync(`${etc}/docker`, { recursive: true });
    writeFileSync(file, '{\n  "log-level": "warn"\n}\n');
    const offered = await install(lab);
    assert.is(offered.code, 0, offered.stderr);
    assert.match(offered.stdout, `To register it with docker: ${lab.directory}/prefix/bin/berth configure docker`);
    assert.is((await install(lab, "--configure", "docker")).code, 0);
    const shim = `${lab.directory}/prefix/libexec/berth/hooks/berth-runtime`;
    assert.is(JSON.parse(readFileSync(file, "utf8")).runtimes.berth.path, shim);
    writeFileSync(file, `${readFileSync(file, "utf8")},`);
    const refused = await install(lab, "--uninstall");
    assert.is(refused.code, 1);
    assert.match(refused.stderr, "nothing was uninstalled: take berth out of /etc/docker/daemon.json first");
    assert.ok(existsSync(shim));
    writeFileSync(file, readFileSync(file, "utf8").slice(0, -1));
    const gone = await install(lab, "--uninstall");
    assert.is(gone.code, 0, gone.stderr);
    assert.not.ok(existsSync(shim));
    assert.is(readFileSync(file, "utf8"), '{\n  "log-level": "warn"\n}\n');
    assert.is((await install(lab, "--configure", "lxc")).code, 2);
  }));

test.run();
