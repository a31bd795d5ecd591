/**
 * The test runner: one process a file, because uvu on its own calls it a success when a file forgets `test.run()`, holds
 * no test, or holds `test.only`, and when a thrown non-Error ends the file half-way.
 *
 * Arguments: `unit`, `fuzz`, `system`, or files. A file may say `// @serial` (it runs alone) and `// @limit SECONDS`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, relative, resolve as resolvePath } from "node:path";
import { processesOf } from "./lab/processes.ts";
import { judge, type Verdict } from "./verdict.ts";

const here = import.meta.dir;
/** Where this run's tests make their files: what lies here at the end was left by one of them, and not by a neighbour. */
const scratch = mkdtempSync(join(tmpdir(), "bt-"));
const kinds = ["unit", "fuzz", "system"] as const;
type Kind = (typeof kinds)[number];
const isKind = (word: string): word is Kind => kinds.some((kind) => kind === word);

const filesOf = (kind: Kind): readonly string[] =>
  readdirSync(join(here, kind))
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(here, kind, name));

/** Leaders of the process groups of the files that run now. */
const groups = new Set<number>();

const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
};

const isSystem = (file: string): boolean => file.includes("/system/");

/** Runs one file in a process group of its own, which is killed at the limit. */
const runFile = (file: string): Promise<Verdict> =>
  new Promise((resolve) => {
    const source = readFileSync(file, "utf8");
    const limit = Number(/^\/\/ @limit (\d+)/m.exec(source)?.[1] ?? (isSystem(file) ? 300 : 120));
    const started = performance.now();
    const child = spawn(process.execPath, [file], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      // Colours would be in the way of reading the summary.
      env: { ...process.env, TMPDIR: scratch, FORCE_COLOR: "0" },
    });
    let output = "";
    let late = false;
    const { pid } = child;
    if (pid !== undefined) groups.add(pid);
    const killGroup = () => {
      if (pid !== undefined) kill(-pid, "SIGKILL");
    };
    const timer = setTimeout(() => {
      late = true;
      killGroup();
    }, limit * 1000);
    const take = (piece: unknown) => {
      output += String(piece);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      // What a test left running must not hold our pipes; what does all the same is a failure of that test.
      killGroup();
      if (pid !== undefined) groups.delete(pid);
      const seconds = (performance.now() - started) / 1000;
      const end = late ? `not done within ${limit} s` : signal === null ? null : `ended by ${signal}`;
      const held = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        resolve(judge({ source, output, code, end: end ?? "something it left running holds its output", seconds }));
      }, 3000);
      child.on("close", () => {
        clearTimeout(held);
        resolve(judge({ source, output, code, end, seconds }));
      });
    });
  });

const show = (file: string, verdict: Verdict): void => {
  const name = relative(join(here, ".."), file);
  const mark = verdict.failed === 0 ? "ok  " : "FAIL";
  process.stdout.write(
    `${mark} ${name}: ${verdict.passed} passed, ${verdict.failed} failed, ${verdict.seconds.toFixed(1)} s\n`,
  );
  if (verdict.failed > 0)
    process.stdout.write(`${verdict.reasons.map((reason) => `     ${reason}\n`).join("")}${verdict.output}\n`);
};

const total = { passed: 0, failed: 0 };

const runAll = async (files: readonly string[], atOnce: number): Promise<void> => {
  const queue = [...files];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const verdict = await runFile(file);
      show(file, verdict);
      total.passed += verdict.passed;
      total.failed += verdict.failed;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
};

/** Processes that this run's tests started and that live on, wherever they went: they have its scratch directory as TMPDIR. */
const survivors = (): readonly number[] => processesOf(scratch);

/** Ends the survivors, after a moment in which what is ending may end by itself. Says which they were. */
const endSurvivors = async (): Promise<readonly string[]> => {
  for (const deadline = Date.now() + 3000; Date.now() < deadline && survivors().length > 0; ) await Bun.sleep(50);
  return survivors().map((pid) => {
    const { stdout } = Bun.spawnSync(["ps", "-o", "args=", "-p", String(pid)]);
    kill(pid, "SIGKILL");
    return `process ${pid} (${stdout.toString().trim().slice(0, 80)})`;
  });
};

/** On Ctrl-C: tests are in sessions of their own, so nobody else tells them. They get 10 s to take their networks down. */
const interrupt = async (): Promise<never> => {
  for (const pid of groups) kill(-pid, "SIGTERM");
  for (const deadline = Date.now() + 10_000; Date.now() < deadline && groups.size > 0; ) await Bun.sleep(50);
  for (const pid of groups) kill(-pid, "SIGKILL");
  for (const pid of survivors()) kill(pid, "SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
  process.exit(130);
};

/** What tests of the network could have left behind on this machine. */
const leftovers = (): readonly string[] => {
  const links = Bun.spawnSync(["ip", "-o", "link"]).stdout.toString().split("\n");
  const ports = links.flatMap((row) => /^\d+: (b[tx][0-9a-f]{8})[@:]/.exec(row)?.[1] ?? []);
  return [...ports.map((port) => `link ${port}`), ...readdirSync(scratch).map((name) => `${scratch}/${name}`)];
};

const main = async (words: readonly string[]): Promise<number> => {
  const before = new Set(leftovers());
  const chosen =
    words.length === 0
      ? kinds.flatMap(filesOf)
      : words.flatMap((word) => (isKind(word) ? filesOf(word) : [resolvePath(word)]));
  const serial = chosen.filter((file) => /^\/\/ @serial/m.test(readFileSync(file, "utf8")));
  const together = chosen.filter((file) => !serial.includes(file));
  await runAll(
    together.filter((file) => !isSystem(file)),
    cpus().length,
  );
  await runAll(together.filter(isSystem), 2);
  await runAll(serial, 1);
  const left = [...(await endSurvivors()), ...leftovers().filter((name) => !before.has(name))];
  if (left.length > 0) {
    process.stdout.write(`FAIL left behind: ${left.join(", ")}\n`);
    total.failed += 1;
  }
  if (left.length === 0) rmSync(scratch, { recursive: true });
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
};

if (import.meta.main) {
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (!interrupted) void interrupt();
      interrupted = true;
    });
  process.exitCode = await main(process.argv.slice(2));
}
