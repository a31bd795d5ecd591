/** How commands speak to a keeper whose server is not at its best. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { askStatus } from "../../src/keeper/client.ts";
import { keeperSocketPath } from "../../src/keeper/server.ts";
import type { Directories } from "../../src/lease/paths.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const test = suite<{ dirs: Directories }>("commands and the keeper's door");

test.before.each((context) => {
  const base = mkdtempSync(`${tmpdir()}/berth-door-`);
  context.dirs = { runDir: base, stateDir: base };
});
test.after.each(({ dirs }) => rmSync(dirs.runDir, { recursive: true }));

const body = '{"pid":7,"version":"0.1.0","startedAt":1}';

/** A keeper that resets the first connections, unread. */
const keeperThatResets = (dirs: Directories, first: number) => {
  let seen = 0;
  const server = Bun.listen({
    unix: keeperSocketPath(dirs),
    socket: {
      open: () => {
        seen += 1;
      },
      data: (socket) => {
        if (seen <= first) socket.terminate();
        else socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      },
    },
  });
  return { seen: () => seen, stop: () => server.stop(true) };
};

test("a connection that is reset is made once more", async ({ dirs }) => {
  const keeper = keeperThatResets(dirs, 1);
  assert.is(outcomeOf(await askStatus(dirs)).pid, 7);
  assert.is(keeper.seen(), 2);
  keeper.stop();
});

test("and not for ever", async ({ dirs }) => {
  const keeper = keeperThatResets(dirs, 9);
  assert.match(errorOf(await askStatus(dirs)), "the keeper did not answer");
  assert.is(keeper.seen(), 2);
  keeper.stop();
});

test("nobody there is an error at once", async ({ dirs }) => {
  assert.match(errorOf(await askStatus(dirs)), "the keeper did not answer");
});

test.run();
