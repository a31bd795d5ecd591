/** The manual page and the completions as install.sh puts them, in the eyes of mandoc, man and the shells. */
import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { operatorCommands } from "../../src/cli/operator/commands.ts";
import { optionsOf } from "../../src/cli/operator/options.ts";
import { repository } from "../lab/bundle.ts";
import type { Host } from "../lab/host.ts";
import { inLab } from "../lab/inLab.ts";
import { privateEtc } from "../lab/snapshot.ts";

const test = suite("manual");

const installed = [
  "man/man8/berth.8",
  "bash-completion/completions/berth",
  "zsh/site-functions/_berth",
  "fish/vendor_completions.d/berth.fish",
];

const env = { LC_ALL: "C.UTF-8", MANWIDTH: "80", PAGER: "cat", MANPAGER: "cat" };

const assertShellsFindIt = async (host: Host, share: string, bin: string): Promise<void> => {
  const path = `${bin}:/usr/bin:/bin`;
  const bash = "source /usr/share/bash-completion/bash_completion; _completion_loader berth; complete -p berth";
  const ask = async (words: readonly string[], more: Record<string, string>): Promise<string> => {
    const [program = "", ...args] = words;
    const ran = await host.execWith({ env: { ...env, PATH: path, ...more } }, program, ...args);
    return `${ran.stdout}${ran.stderr}`;
  };
  assert.match(await ask(["bash", "--norc", "-c", bash], { XDG_DATA_DIRS: share }), "complete -F _berth berth");
  const zsh = `fpath=(${share}/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[berth]`;
  assert.match(await ask(["zsh", "-f", "-c", zsh], {}), /^_berth$/m);
  const fish = `set fish_complete_path ${share}/fish/vendor_completions.d; complete -C 'berth gra'`;
  assert.match(await ask(["fish", "--no-config", "-c", fish], { HOME: share, TMPDIR: share }), /^graph\t/m);
};

test("mandoc and man have no complaint; every command and option is in it; the shells find their completions; uninstalled", () =>
  inLab({ server: "none" }, async (lab) => {
    await privateEtc(lab, lab.worker);
    const prefix = `${lab.directory}/prefix`;
    const install = (...args: readonly string[]) =>
      lab.worker.execWith({ timeoutMs: 120_000 }, `${repository}/install.sh`, "--prefix", prefix, ...args);
    const first = await install();
    assert.is(first.code, 0, first.stderr);
    for (const name of installed) assert.ok(existsSync(`${prefix}/share/${name}`), name);
    const page = `${prefix}/share/man/man8/berth.8`;
    const lint = await lab.worker.exec("mandoc", "-Tlint", page);
    assert.equal([lint.code, lint.stdout, lint.stderr], [0, "", ""]);
    const warned = await lab.worker.execWith({ env }, "man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page);
    assert.equal([warned.code, warned.stderr], [0, ""]);
    const shown = await lab.worker.execWith({ env }, "man", "-M", `${prefix}/share/man`, "berth");
    assert.is(shown.code, 0, shown.stderr);
    // Without hyphenation at the ends of lines, and without overstriking.
    const text = (await lab.worker.must("mandoc", "-Tutf8", "-Owidth=900", page)).replace(/.\x08/g, "");
    for (const command of operatorCommands) {
      if (command.hidden === true) continue;
      assert.match(shown.stdout.replace(/.\x08/g, ""), new RegExp(`^ {3}${command.name}$`, "m"));
      assert.match(text, `berth ${command.name}`);
      for (const { name } of optionsOf(command)) assert.match(text, `--${name}`);
      for (const { line } of command.examples) assert.ok(text.includes(line), line);
    }
    for (const command of ["createRuntime", "poststop", "precreate", "inject"]) assert.match(text, command);
    await assertShellsFindIt(lab.worker, `${prefix}/share`, `${prefix}/bin`);
    const gone = await install("--uninstall");
    assert.is(gone.code, 0, gone.stderr);
    for (const name of installed) assert.not.ok(existsSync(`${prefix}/share/${name}`), name);
  }));

test("berth --help lists every command, and each command's help has an example and the exit codes", () => {
  const run = (...words: readonly string[]) => {
    const ran = Bun.spawnSync([`${repository}/dist/berth`, ...words]);
    assert.equal([ran.exitCode, ran.stderr.toString()], [0, ""], words.join(" "));
    return ran.stdout.toString();
  };
  const all = run("--help");
  assert.is(run("help"), all);
  const hooks = ["createRuntime", "poststop", "precreate", "inject"];
  for (const name of hooks) {
    assert.match(all, new RegExp(`^  ${name}`, "m"));
    for (const word of ["Example", "Exit codes", "--run-dir"]) assert.match(run(name, "--help"), word);
  }
  for (const { name, hidden, summary } of operatorCommands) {
    if (hidden !== true)
      assert.match(all, new RegExp(`^  ${name} +${summary.slice(0, 20).replace(/[()]/g, ".")}`, "m"));
    const help = run(name, "--help");
    assert.is(run("help", name), help);
    for (const word of ["Usage: berth", "Example", "Exit codes: 0 done", "--json", "--config <file>"])
      assert.match(help, word);
    assert.not.match(help, "\u001b");
    for (const line of help.split("\n")) assert.ok(line.length <= 80 || /^ {2}\S/.test(line), line);
  }
  assert.match(readFileSync(`${repository}/dist/share/man/man8/berth.8`, "utf8"), /^\.Dd [A-Z][a-z]+ \d+, \d{4}$/m);
});

test.run();
