import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lockContainer } from "../../src/lease/lock.ts";
import { type Directories, lockPath } from "../../src/lease/paths.ts";
import type { ContainerId } from "../../src/net/address.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const id = "web1" as ContainerId;
const test = suite<{ dirs: Directories }>("the lock of a container");

test.before.each((context) => {
  const base = mkdtempSync(`${tmpdir()}/berth-lock-`);
  context.dirs = { runDir: base, stateDir: base };
});
test.after.each(({ dirs }) => rmSync(dirs.runDir, { recursive: true }));

test("a second taker is refused while the first holds it", async ({ dirs }) => {
  const first = (await lockContainer(dirs, id, 0))._unsafeUnwrap();
  const second = await lockContainer(dirs, id, 0);
  assert.is(second._unsafeUnwrapErr().kind, "locked");
  first.release();
});

test("a waiting taker gets it when it is released, although its file was removed", async ({ dirs }) => {
  const first = (await lockContainer(dirs, id, 0))._unsafeUnwrap();
  const waiting = lockContainer(dirs, id, 10_000);
  first.release();
  const second = (await waiting)._unsafeUnwrap();
  assert.is((await lockContainer(dirs, id, 0)).isErr(), true);
  second.release();
});

test("a waiting taker that is told to stop gives up, although the lock is not free", async ({ dirs }) => {
  const first = outcomeOf(await lockContainer(dirs, id, 0));
  const stop = new AbortController();
  const waiting = lockContainer(dirs, id, 60_000, stop.signal);
  stop.abort("SIGTERM");
  assert.equal(errorOf(await waiting), { kind: "stopped", by: "SIGTERM" });
  first.release();
});

test("nothing is left of it afterwards", async ({ dirs }) => {
  (await lockContainer(dirs, id, 0))._unsafeUnwrap().release();
  assert.not.ok(existsSync(lockPath(dirs, id)));
});

test("fifty takers hold it one at a time", async ({ dirs }) => {
  let holders = 0;
  let most = 0;
  const take = async () => {
    const lock = (await lockContainer(dirs, id, 30_000))._unsafeUnwrap();
    holders += 1;
    most = Math.max(most, holders);
    await Bun.sleep(1);
    holders -= 1;
    lock.release();
  };
  await Promise.all(Array.from({ length: 50 }, take));
  assert.is(most, 1);
});

test.run();
