/** The demo, as a new user sees it: without a terminal, and interrupted. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../lab/until.ts";

const test = suite("the demo");

/** With a directory of its own for what it makes, which other tests do not write into. */
const demo = () => {
  const directory = mkdtempSync(`${tmpdir()}/berth-demo-`);
  const env = { ...process.env, TMPDIR: directory };
  const child = spawn(process.execPath, [`${import.meta.dir}/../../scripts/demo.ts`], { detached: true, env });
  let output = "";
  child.stdout.on("data", (piece) => {
    output += String(piece);
  });
  child.stderr.on("data", (piece) => {
    output += String(piece);
  });
  const end = new Promise<number | null>((resolve) => child.on("close", resolve));
  /** What is left of it, files and processes; the directory goes too. */
  const left = (): readonly string[] => {
    const files = readdirSync(directory);
    const processes = Bun.spawnSync(["pgrep", "-f", directory]).stdout.toString().split("\n");
    rmSync(directory, { recursive: true });
    return [...files, ...processes].filter((one) => one !== "");
  };
  return { child, output: () => output, end, left };
};

/** Processes of the demo's group: it was started as the leader of one. */
const groupIsEmpty = (pid: number): boolean => {
  try {
    process.kill(-pid, 0);
    return false;
  } catch {
    return true;
  }
};

test("it proves its claims in plain text and removes all", async () => {
  const { child, output, end, left } = demo();
  assert.is(await end, 0, output());
  const text = output();
  assert.is(text.match(/^ {2}ok {2}/gm)?.length, 9, text);
  assert.match(text, /10\.88\.0\.\d+ leased, configured and announced, in [\d.]+ ms/);
  assert.not.match(text, "\u001b");
  assert.equal(
    text.split("\n").filter((row) => row.length > 80),
    [],
  );
  await until("all its processes are gone", () => groupIsEmpty(child.pid ?? 0));
  assert.equal(left(), []);
});

for (const [when, line] of [
  ["while the network is being built", "is being built"],
  ["while the container starts", "Starting a container"],
  ["while the container runs", "What that means"],
  ["while the container stops", "Stopping it"],
  ["while it starts once more", "Starting it once more"],
] as const) {
  test(`Ctrl-C ${when} leaves nothing`, async () => {
    const { child, output, end, left } = demo();
    await until(line, () => output().includes(line), 60_000);
    // The terminal sends it to the whole foreground group.
    process.kill(-(child.pid ?? 0), "SIGINT");
    assert.is(await end, 130, output());
    await until("all its processes are gone", () => groupIsEmpty(child.pid ?? 0));
    assert.equal(left(), []);
  });
}

test.run();
