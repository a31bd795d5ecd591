/** What the collector does about a finding that was true when it was found, and is not any more. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { collect } from "../../src/gc/collect.ts";
import { startTime } from "../../src/host/process.ts";
import { type Directories, recordPath } from "../../src/lease/paths.ts";
import { readRecord, recordsOf, writeRecord } from "../../src/lease/store.ts";
import type { Netns } from "../../src/netns/enter.ts";
import { outcomeOf } from "../outcome.ts";
import { someRecord } from "../record.ts";

const test = suite<{ dirs: Directories }>("a finding that is not so any more");

test.before.each((context) => {
  const base = mkdtempSync(`${tmpdir()}/berth-collect-`);
  context.dirs = { runDir: base, stateDir: base };
});
test.after.each(({ dirs }) => rmSync(dirs.runDir, { recursive: true }));

/** Nothing is reached that would need it. */
const home: Netns = { fd: -1, inode: 0n, path: "" };
const alive = { pid: process.pid, pidStart: startTime(process.pid) };
const over = { pid: process.pid, pidStart: 0 };

/** What has become of the record, after it was found to be `kind`. */
const cases: readonly (readonly ["ended" | "abandoned", string, Readonly<Record<string, unknown>>])[] = [
  ["abandoned", "attached", { ...alive, state: "bound" }],
  ["abandoned", "attached and ended", { ...over, state: "bound" }],
  ["abandoned", "given up, and the container ended", { ...over, state: "acquiring" }],
  ["ended", "one of a new life", { ...alive, state: "bound" }],
  ["ended", "being attached in a new life", { ...alive, state: "acquiring" }],
];

for (const [kind, now, changes] of cases)
  test(`${kind} when it was found, ${now} when it is acted upon: left to the next round`, async ({ dirs }) => {
    const record = someRecord(changes);
    outcomeOf(writeRecord(dirs, record));
    const { id, ifname, addresses } = record;
    const done = await collect({ dirs, home, broken: "repair" }, { kind, id, ifname, addresses });
    assert.is(done.kind, "left", JSON.stringify(done));
    assert.equal(outcomeOf(readRecord(dirs, id, ifname)), record);
  });

const unreadable = { kind: "unreadable", ifname: someRecord().ifname, id: someRecord().id, path: "", why: "" } as const;

test("unreadable when it was found, and meanwhile the record of a new life: left where it is", async ({ dirs }) => {
  const record = someRecord(alive);
  outcomeOf(writeRecord(dirs, record));
  assert.is((await collect({ dirs, home, broken: "repair" }, unreadable)).kind, "left");
  assert.equal(outcomeOf(readRecord(dirs, record.id, record.ifname)), record);
});

test("unreadable when it was found, and gone: nothing was done", async ({ dirs }) => {
  assert.is((await collect({ dirs, home, broken: "repair" }, unreadable)).kind, "left");
});

test("unreadable, and still so: moved aside", async ({ dirs }) => {
  const record = someRecord(alive);
  outcomeOf(writeRecord(dirs, record));
  writeFileSync(recordPath(dirs, record.id, record.ifname), "{");
  assert.is((await collect({ dirs, home, broken: "repair" }, unreadable)).kind, "done");
  assert.equal(recordsOf(dirs, record.id), []);
});

test.run();
