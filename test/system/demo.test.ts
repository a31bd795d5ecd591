/** The demo, as a new user sees it: without a terminal, and interrupted. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../lab/until.ts";

const test = suite("the demo");

const demo = () => {
  const child = spawn(process.execPath, [`${import.meta.dir}/../../scripts/demo.ts`], { detached: true });
  let output = "";
  child.stdout.on("data", (piece) => {
    output += String(piece);
  });
  child.stderr.on("data", (piece) => {
    output += String(piece);
  });
  const end = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, output: () => output, end };
};

/** Labs whose directory names this demo printed nowhere: all there are, compared with those before. */
const labs = () => new Set(readdirSync("/tmp").filter((name) => name.startsWith("berth-lab-")));

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
  const { child, output, end } = demo();
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
});

for (const [when, line] of [
  ["while the network is being built", "is being built"],
  ["while the container starts", "Starting a container"],
  ["while the container runs", "What that means"],
  ["while the container stops", "Stopping it"],
  ["while it starts once more", "Starting it once more"],
] as const) {
  test(`Ctrl-C ${when} leaves nothing`, async () => {
    const before = labs();
    const { child, output, end } = demo();
    await until(line, () => output().includes(line), 60_000);
    const mine = [...labs()].filter((name) => !before.has(name));
    // The terminal sends it to the whole foreground group.
    process.kill(-(child.pid ?? 0), "SIGINT");
    assert.is(await end, 130, output());
    assert.equal(
      mine.filter((name) => labs().has(name)),
      [],
    );
    await until("all its processes are gone", () => groupIsEmpty(child.pid ?? 0));
    for (const name of mine) assert.is(Bun.spawnSync(["pgrep", "-f", name]).stdout.toString(), "", output());
  });
}

test.run();
