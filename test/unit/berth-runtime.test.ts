/** The shim, with stand-ins for berth and for the real runtime: what each is called with, and what passes through. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const directory = realpathSync(mkdtempSync(join(tmpdir(), "berth-shim-")));
test.after(() => rmSync(directory, { recursive: true }));

const script = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${text}`);
  chmodSync(path, 0o755);
  return path;
};

const injectLog = join(directory, "inject-called");
const printArgs = `for word; do printf '<%s>' "$word"; done`;
const berth = script(
  "berth",
  `{ ${printArgs}; echo; /usr/bin/env; /bin/cat; } >'${injectLog}'\n. '${directory}/mode'\n`,
);
const runtime = script("runc", `${printArgs}\n/bin/cat\nexit 7\n`);
const hooks = fileURLToPath(new URL("../../hooks/berth-runtime", import.meta.url));
const shim = join(directory, "berth-runtime");
writeFileSync(shim, readFileSync(hooks, "utf8").replaceAll("/usr/local/bin/berth", berth));
chmodSync(shim, 0o755);

type Called = {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What berth was called with; null: it was not. */
  readonly injected: string | null;
  readonly injectEnv: readonly string[];
};

const call = (args: readonly string[], options: { mode?: string; env?: Record<string, string> } = {}): Called => {
  rmSync(injectLog, { force: true });
  writeFileSync(join(directory, "mode"), options.mode ?? "exit 0\n");
  const env = { PATH: `${directory}:/usr/bin:/bin`, ...options.env };
  const ran = spawnSync(shim, args, { input: "stdin", encoding: "utf8", cwd: directory, env });
  const [injected = null, ...injectEnv] = existsSync(injectLog)
    ? readFileSync(injectLog, "utf8").trimEnd().split("\n")
    : [];
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr, injected, injectEnv };
};

const shown = (words: readonly string[]): string => words.map((word) => `<${word}>`).join("");

for (const [args, bundle, id] of [
  [["create", "--bundle", "/b", "c1"], "/b", "c1"],
  [["create", "--bundle=/b", "c1"], "/b", "c1"],
  [["create", "-b", "/b", "c1"], "/b", "c1"],
  [["create", "-b=/b", "c1"], "/b", "c1"],
  [["create", "-b/b", "c1"], "/b", "c1"],
  [["create", "-bundle", "/b", "c1"], "/b", "c1"],
  [["run", "c1"], `${directory}/`, "c1"],
  [["run", "-b", "sub/dir", "c1"], `${directory}/sub/dir`, "c1"],
  [["run", "--bundle", "/a b", "--", "c1"], "/a b", "c1"],
  [
    [
      "--root",
      "/r",
      "--log",
      "/dev/null",
      "--log-format",
      "json",
      "create",
      "--bundle",
      "/b",
      "--pid-file",
      "/p",
      "c1",
    ],
    "/b",
    "c1",
  ],
  [
    ["--root=/r", "--log=/dev/null", "--systemd-cgroup", "--debug", "--criu", "create", "run", "-d", "-b", "/b", "c1"],
    "/b",
    "c1",
  ],
  [
    [
      "--rootless",
      "run",
      "--log-level",
      "create",
      "create",
      "--no-pivot",
      "--console-socket",
      "run",
      "--bundle",
      "/b",
      "c1",
    ],
    "/b",
    "c1",
  ],
  [["--cgroup-manager", "run", "create", "--preserve-fds", "3", "-b", "/b", "c1"], "/b", "c1"],
  [["--its-own", "value", "--flag", "create", "-b", "/b", "c1"], "/b", "c1"],
  [["--its-own=create", "--x", "create", "-b", "/b", "c1"], "/b", "c1"],
  [["create", "--bundle", "/b", "--keep", "--no-new-keyring", "c1"], "/b", "c1"],
] as const) {
  test(`${args.join(" ")}: berth first, then the real runtime with the same words`, () => {
    const called = call(args);
    assert.is(called.injected, shown(["inject", bundle, id]));
    assert.is(called.stdout, `${shown(args)}stdin`);
    assert.is(called.status, 7);
    assert.is(called.stderr, "");
  });
}

for (const args of [
  [],
  ["--version"],
  ["-v"],
  ["--help"],
  ["features"],
  ["list", "--format", "json"],
  ["--root", "/r", "--log", "/x/create", "--log-format", "json", "state", "create"],
  ["--root", "create", "delete", "--force", "run"],
  ["exec", "--process", "/p", "c1", "create"],
  ["kill", "run", "9"],
  ["ps", "c1"],
  ["events", "--stats", "c1"],
  ["checkpoint", "--image-path", "/create", "c1"],
  ["frobnicate", "create"],
  ["--log", "/dev/null", "frobnicate", "run"],
  ["create", "--help"],
  ["run", "-h"],
  ["start", "a\nb", "", "$(reboot)", "'\"\\"],
] as const) {
  test(`${JSON.stringify(args.join(" "))} passes through unchanged`, () => {
    const called = call(args);
    assert.is(called.injected, null);
    assert.is(called.stdout, `${shown(args)}stdin`);
    assert.is(called.status, 7);
  });
}

test("its own options are for berth, and the real runtime does not see them", () => {
  const own = ["--berth-config", "/c d", "--berth-run-dir", "/r", "--berth-state-dir", "/s"];
  const words = ["create", "-b", "/b", "c1"];
  const called = call([...own, ...words]);
  assert.is(called.injected, shown(["inject", "/b", "c1", "--config", "/c d", "--run-dir", "/r", "--state-dir", "/s"]));
  assert.is(called.stdout, `${shown(words)}stdin`);
});

test("the real runtime is chosen by option, else by BERTH_RUNTIME, else it is runc", () => {
  script("other", "echo other\n");
  script("third", "echo third\n");
  assert.is(call(["list"], { env: { BERTH_RUNTIME: "other" } }).stdout, "other\n");
  assert.is(
    call(["--berth-runtime", join(directory, "third"), "list"], { env: { BERTH_RUNTIME: "other" } }).stdout,
    "third\n",
  );
  const itself = call(["list"], { env: { BERTH_RUNTIME: shim } });
  assert.is(itself.status, 1);
  assert.match(itself.stderr, "its own name stands where the real runtime's should");
  assert.is(call(["list"], { env: { BERTH_RUNTIME: "/no/such/runtime" } }).status, 127);
});

test("berth is called with an environment of its own and without the container's standard input", () => {
  const hostile = { BUN_OPTIONS: "--help", BUN_BE_BUN: "1", LD_PRELOAD: "", ENV: shim, IFS: "/" };
  const { injectEnv, stdout } = call(["create", "-b", "/b", "c1"], { env: hostile });
  assert.equal(
    injectEnv.filter((line) => !/^(?:PWD|OLDPWD|SHLVL|_)=/.test(line)),
    ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
  );
  assert.match(stdout, /stdin$/);
});

for (const [format, pattern] of [
  ["json", /^\{"level":"info"\}\n(\{.*\})\n$/],
  ["text", /^\{"level":"info"\}\ntime="[^"]+" level=error msg="berth: no \\"lease\\": C:\\\\ {2}\? "\n$/],
] as const) {
  test(`a container that berth refuses does not start, and the ${format} log has the reason`, () => {
    const log = join(directory, `log-${format}`);
    writeFileSync(log, '{"level":"info"}\n');
    const mode = `printf 'berth: no "lease": C:\\\\ \\t?\\n\\033' >&2\nexit 1\n`;
    const called = call(["--log", log, "--log-format", format, "create", "-b", "/b", "c1"], { mode });
    assert.is(called.status, 1);
    assert.is(called.stdout, "");
    assert.match(called.stderr, 'berth: no "lease"');
    const written = pattern.exec(readFileSync(log, "utf8"));
    assert.ok(written, readFileSync(log, "utf8"));
    if (format !== "json") return;
    const { level, msg, time } = JSON.parse(written[1] ?? "");
    assert.is(level, "error");
    assert.is(msg.trimEnd(), 'berth: no "lease": C:\\  ?');
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  });
}

test("a berth that is not there is a reason too", () => {
  const lost = join(directory, "lost");
  mkdirSync(lost, { recursive: true });
  const path = join(lost, "berth-runtime");
  writeFileSync(path, readFileSync(hooks, "utf8").replaceAll("/usr/local/bin/berth", "/no/such/berth"));
  chmodSync(path, 0o755);
  const ran = spawnSync(path, ["--berth-runtime", runtime, "create", "-b", "/b", "c1"], { encoding: "utf8" });
  assert.is(ran.status, 1);
  assert.match(ran.stderr, "/no/such/berth");
  assert.is(spawnSync(path, ["--berth-runtime", runtime, "list"]).status, 7);
});

test("crun's other document is refused rather than started without a network", () => {
  for (const words of [["--config", "/x"], ["-f", "/x"], ["--config=/x"]]) {
    const called = call(["run", ...words, "c1"]);
    assert.is(called.status, 1);
    assert.match(called.stderr, "not supported");
  }
});

test.run();
