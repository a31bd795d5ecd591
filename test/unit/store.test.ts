/** Records on the disk: what a writer that was killed leaves is taken away by the next one, and nothing else is. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { containerDir, type Directories, recordPath } from "../../src/lease/paths.ts";
import { listRecord, removeRecord, removeUnrecorded, writeRecord } from "../../src/lease/store.ts";
import { outcomeOf } from "../outcome.ts";
import { someRecord } from "../record.ts";

const test = suite<{ dirs: Directories }>("records on the disk");
const record = someRecord();

test.before.each((context) => {
  const base = mkdtempSync(`${tmpdir()}/berth-store-`);
  context.dirs = { runDir: base, stateDir: base };
});
test.after.each(({ dirs }) => rmSync(dirs.runDir, { recursive: true }));

const left = (dirs: Directories): readonly string[] => {
  const directory = containerDir(dirs, record.id);
  return existsSync(directory) ? readdirSync(directory).sort() : [];
};
/** As writeDurably names them. */
const leave = (dirs: Directories, ...names: readonly string[]): void => {
  for (const name of names) writeFileSync(`${containerDir(dirs, record.id)}/${name}`, "{");
};

test("writing a record removes half-written ones, and keeps what has another name", ({ dirs }) => {
  outcomeOf(writeRecord(dirs, record));
  leave(dirs, "eth0.json.77.1.tmp", "net1.json.78.12.tmp", "notes.tmp", "eth1.json");
  outcomeOf(writeRecord(dirs, record));
  assert.equal(left(dirs), ["eth0.json", "eth1.json", "notes.tmp"]);
});

test("the last record takes the directory with it, whatever was half-written", ({ dirs }) => {
  outcomeOf(writeRecord(dirs, record));
  leave(dirs, "eth0.json.77.1.tmp");
  removeRecord(dirs, record.id, record.ifname);
  assert.not.ok(existsSync(containerDir(dirs, record.id)));
});

test("a directory without a record goes, one with a record stays", ({ dirs }) => {
  outcomeOf(writeRecord(dirs, record));
  removeUnrecorded(dirs, record.id);
  assert.equal(left(dirs), ["eth0.json"]);
  rmSync(`${containerDir(dirs, record.id)}/eth0.json`);
  leave(dirs, "eth0.json.77.1.tmp");
  removeUnrecorded(dirs, record.id);
  assert.not.ok(existsSync(containerDir(dirs, record.id)));
});

test("a record that went after it was listed is none; one that cannot be read says why", ({ dirs }) => {
  const { id, ifname } = record;
  assert.is(listRecord(dirs, id, ifname), null);
  outcomeOf(writeRecord(dirs, record));
  writeFileSync(recordPath(dirs, id, ifname), "{");
  const listed = listRecord(dirs, id, ifname);
  assert.is(listed?.ok, false, JSON.stringify(listed));
});

test.run();
