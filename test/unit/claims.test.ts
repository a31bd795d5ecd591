import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { claimMac, unclaimMac } from "../../src/lease/claims.ts";
import { claimPath, type Directories } from "../../src/lease/paths.ts";
import {
  type ContainerId,
  type Ifname,
  type Mac,
  parseContainerId,
  parseIfname,
  parseMac,
} from "../../src/net/address.ts";

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("a test's own value does not parse");
  return value;
};
const mac: Mac = must(parseMac("02:00:00:00:00:01"));
const owner = (id: string): { id: ContainerId; ifname: Ifname } => ({
  id: must(parseContainerId(id)),
  ifname: must(parseIfname("eth0")),
});

const test = suite<{ dirs: Directories }>("claims on MACs");

test.before.each((context) => {
  const base = mkdtempSync(`${tmpdir()}/berth-claims-`);
  context.dirs = { runDir: base, stateDir: base };
});
test.after.each(({ dirs }) => rmSync(dirs.runDir, { recursive: true }));

const record = (dirs: Directories, id: string): void => {
  mkdirSync(`${dirs.runDir}/attachments/${id}`, { recursive: true });
  writeFileSync(`${dirs.runDir}/attachments/${id}/eth0.json`, "{}");
};

test("a MAC that nobody has is given, and given again to the same attachment", ({ dirs }) => {
  assert.is(claimMac(dirs, mac, owner("a"))._unsafeUnwrap(), true);
  assert.is(claimMac(dirs, mac, owner("a"))._unsafeUnwrap(), true);
});

test("a MAC of a recorded attachment is refused to another", ({ dirs }) => {
  record(dirs, "a");
  claimMac(dirs, mac, owner("a"));
  assert.is(claimMac(dirs, mac, owner("b"))._unsafeUnwrap(), false);
});

test("a claim without a record is void", ({ dirs }) => {
  claimMac(dirs, mac, owner("a"));
  assert.is(claimMac(dirs, mac, owner("b"))._unsafeUnwrap(), true);
});

test("a claim file that was cut off by a crash is void", ({ dirs }) => {
  claimMac(dirs, mac, owner("a"));
  writeFileSync(claimPath(dirs, mac), "");
  assert.is(claimMac(dirs, mac, owner("b"))._unsafeUnwrap(), true);
});

test("only the owner gives a MAC back", ({ dirs }) => {
  claimMac(dirs, mac, owner("a"));
  unclaimMac(dirs, mac, owner("b"));
  assert.ok(existsSync(claimPath(dirs, mac)));
  unclaimMac(dirs, mac, owner("a"));
  assert.not.ok(existsSync(claimPath(dirs, mac)));
});

test.run();
