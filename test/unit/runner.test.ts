/** The runner as a whole, on files that each break one of its rules: no way for a test to pass without having run. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../lab/until.ts";

const runner = join(import.meta.dir, "..", "run.ts");
const fixture = (name: string): string => join(import.meta.dir, "..", "fixtures", "runner", `${name}.fixture.ts`);

type Ended = { readonly code: number | null; readonly output: string; readonly last: string };

const test = suite<{ directory: string }>("test runner");
test.before.each((context) => {
  context.directory = mkdtempSync(join(tmpdir(), "berth-runner-"));
});
test.after.each(({ directory }) => rmSync(directory, { recursive: true }));

/** Starts the runner on fixtures; its tests' files go to the directory. */
const start = (directory: string, names: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, [runner, ...names.map(fixture)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env, TMPDIR: directory },
  });
  let output = "";
  const take = (piece: unknown) => {
    output += String(piece);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => resolve({ code, output, last: output.trimEnd().split("\n").at(-1) ?? "" }));
  });
  return { child, ended };
};

const run = (directory: string, ...names: readonly string[]): Promise<Ended> => start(directory, names).ended;

const lives = (pid: string): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

test("counts the tests of all suites of all files, and leaves nothing", async ({ directory }) => {
  const { code, last } = await run(directory, "passes", "passes");
  assert.equal([code, last], [0, "6 passed, 0 failed"]);
  assert.equal(readdirSync(directory), []);
});

test("counts also where colours are forced", async ({ directory }) => {
  const { code, last } = await start(directory, ["passes"], { FORCE_COLOR: "1" }).ended;
  assert.equal([code, last], [0, "3 passed, 0 failed"]);
});

test("shows the output of a failing file only", async ({ directory }) => {
  const { code, output, last } = await run(directory, "passes", "fails");
  assert.equal([code, last], [1, "5 passed, 1 failed"]);
  assert.match(output, '"fails"');
  assert.not.match(output, "second");
  assert.is(output.match(/^\d+ passed, \d+ failed$/gm)?.length, 1);
});

test("without any test there is no success", async ({ directory }) => {
  const { code, last } = await run(directory, "no-tests");
  assert.equal([code, last], [1, "0 passed, 1 failed"]);
});

const broken: readonly (readonly [name: string, reason: string, last: string])[] = [
  ["no-tests", "no test ran", "3 passed, 1 failed"],
  ["no-run", "a suite without .run()", "3 passed, 1 failed"],
  ["only", "focuses or skips", "4 passed, 1 failed"],
  ["skip", "focuses or skips", "4 passed, 1 failed"],
  ["exits", "exit code 3", "4 passed, 1 failed"],
  ["stops", "no test ran", "3 passed, 1 failed"],
  ["signalled", "ended by SIGKILL", "3 passed, 1 failed"],
  ["holds", "holds its output", "4 passed, 2 failed"],
];
for (const [name, reason, last] of broken)
  test(`fails the file '${name}', and counts the others`, async ({ directory }) => {
    const ended = await run(directory, "passes", name);
    assert.match(ended.output, reason);
    assert.equal([ended.code, ended.last], [1, last]);
  });

test("kills a file at its limit, with what it started", async ({ directory }) => {
  const { code, output, last } = await run(directory, "hangs");
  assert.match(output, "not done within 1 s");
  assert.equal([code, last], [1, "0 passed, 1 failed"]);
  const sleeper = /^.*sleeper (\d+)$/m.exec(output)?.[1] ?? "";
  assert.match(sleeper, /^\d+$/);
  // Killed is not yet gone: the kernel and init take their moment.
  await until("the sleeper is gone", () => !lives(sleeper));
});

test("counts a directory left behind as one failure", async ({ directory }) => {
  const { code, output, last } = await run(directory, "litters");
  assert.match(output, /left behind: .*berth-litter-/);
  assert.equal([code, last], [1, "1 passed, 1 failed"]);
});

test("names and ends a process left behind", async ({ directory }) => {
  const { code, output, last } = await run(directory, "haunts");
  const [, pid = ""] = /left behind: process (\d+) \(sleep 30\)/.exec(output) ?? [];
  assert.match(pid, /^\d+$/);
  await until("the process is gone", () => !lives(pid));
  assert.equal([code, last], [1, "1 passed, 1 failed"]);
});

test("interrupted, it takes everything down", async ({ directory }) => {
  const ready = join(directory, "ready");
  const { child, ended } = start(directory, ["waits"], { RUNNER_TEST_READY: ready });
  await until("the file runs", () => existsSync(ready));
  await Bun.sleep(50);
  child.kill("SIGINT");
  assert.is((await ended).code, 130);
  assert.not(lives(readFileSync(ready, "utf8")));
  assert.equal(readdirSync(directory), ["ready"]);
});

test.run();
