/** Which container a word means, and how its lease stands. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Attachment, listAttachments, secondsLeft, shortId, standingOf } from "../../src/containers/attachment.ts";
import { candidateText, matchWord } from "../../src/containers/match.ts";
import { startTime } from "../../src/host/process.ts";
import { parseRecord } from "../../src/lease/record.ts";
import { outcomeOf } from "../outcome.ts";
import { someRecord, textWithoutName } from "../record.ts";

const long = (start: string): string => start.padEnd(64, "0");

const attachment = (id: string, name: string | null, last: number, more: Record<string, unknown> = {}): Attachment => ({
  name,
  record: someRecord({
    id,
    addresses: [`10.0.0.${last}/24`],
    mac: `02:00:00:00:00:${String(last).padStart(2, "0")}`,
    port: `bt000000${last}`,
    ...more,
  }),
});

const first = attachment(long("4b94d0da2047"), "web1", 21);
const second = attachment(long("4b94ffff0000"), "web2", 22);
const third = attachment("web", null, 23);
const both = attachment(long("4b94d0da2047"), "web1", 31, { ifname: "eth1" });
const all = [first, second, third, both];

const found = (word: string): string => {
  const match = matchWord(word, all);
  return match.kind === "one" ? match.id : match.kind;
};

test("a container is named by id, prefix, name, address, MAC and port", () => {
  for (const word of [
    ...[first.record.id, "4b94d", "4b94d0da2047", "web1", "10.0.0.21", "10.0.0.31/24"],
    ...["02:00:00:00:00:21", "02-00-00-00-00-31", "bt00000021"],
  ])
    assert.is(found(word), first.record.id, word);
  assert.is(found("web2"), second.record.id);
});

test("a whole id or name wins over the beginning of another's id", () => {
  assert.is(found("web"), third.record.id);
  const named = attachment(long("aa"), "4b94", 40);
  const match = matchWord("4b94", [...all, named]);
  assert.is(match.kind === "one" && match.id, named.record.id);
});

test("what nobody is called, or everybody", () => {
  for (const word of ["", "nobody", "10.0.0.2", "10.0.0", "WEB1", "00:00", "bt"]) assert.is(found(word), "none", word);
  assert.is(found("4b94"), "several");
});

test("two interfaces of one container are one candidate; candidates have names and ids that differ", () => {
  const match = matchWord("4b94", all);
  assert.ok(match.kind === "several");
  assert.is(candidateText(match.candidates), "4b94d0da2047 (web1), 4b94ffff0000 (web2)");
  const twins = [
    attachment(long("4b94d0da2047"), null, 1),
    attachment(`${long("4b94d0da2047").slice(0, 63)}1`, null, 2),
  ];
  const texts = candidateText(twins).split(", ");
  assert.is(new Set(texts).size, 2);
  const many = Array.from({ length: 200 }, (_, at) => attachment(`c${at}`, null, 1));
  assert.match(candidateText(many), /, and 190 more$/);
});

test("a chosen id is shown whole, an engine's as docker ps shows it", () => {
  assert.is(shortId(first.record.id), "4b94d0da2047");
  assert.is(shortId(third.record.id), "web");
});

const own = { pid: process.pid, pidStart: startTime(process.pid) };

test("how a lease stands: bound, expired, for ever, static, ended", () => {
  const bound = someRecord(own);
  assert.is(secondsLeft(bound, 1_000_000), 3600);
  assert.is(secondsLeft(bound, 1_000_001), 3599);
  assert.is(standingOf(bound, 1_000_000), "bound");
  assert.is(secondsLeft(bound, 9_000_000), 0);
  assert.is(standingOf(bound, 9_000_000), "expired");
  const forever = someRecord({ ...own, lease: { ...bound.lease, leaseSeconds: 0xffffffff } });
  assert.is(secondsLeft(forever, 9e12), Number.POSITIVE_INFINITY);
  assert.is(standingOf(forever, 9e12), "bound");
  const fixed = someRecord({ ...own, lease: null, wanted: { ...bound.wanted, dhcp: false } });
  assert.is(secondsLeft(fixed, 0), null);
  assert.is(standingOf(fixed, 0), "static");
  assert.is(standingOf(someRecord({ ...own, state: "lost" }), 0), "lost");
  assert.is(standingOf(someRecord({ ...own, pidStart: 1 }), 0), "ended");
});

test("an older record has no name, and its identity's is taken", () => {
  assert.is(outcomeOf(parseRecord(textWithoutName())).name, null);
  const runDir = mkdtempSync(`${tmpdir()}/berth-list-`);
  try {
    const write = (id: string, text: string) => {
      mkdirSync(`${runDir}/attachments/${id}`, { recursive: true });
      writeFileSync(`${runDir}/attachments/${id}/eth0.json`, text);
    };
    write("old", JSON.stringify(someRecord({ id: "old", identity: "name:web1" })));
    write("new", JSON.stringify(someRecord({ id: "new", name: "web2", identity: "identity:x" })));
    write("torn", "{");
    const { good, broken } = outcomeOf(listAttachments({ runDir, stateDir: runDir }));
    assert.equal(
      good.map(({ record, name }) => [record.id, name]),
      [
        ["new", "web2"],
        ["old", "web1"],
      ],
    );
    assert.equal(
      broken.map(({ id, why }) => [id, why]),
      [["torn", "it is not JSON"]],
    );
  } finally {
    rmSync(runDir, { recursive: true });
  }
});

test("podman's own list names its containers; what is not as expected names nobody", () => {
  const base = mkdtempSync(`${tmpdir()}/berth-podman-`);
  const id = long("ab");
  const nameWith = (text: string): string | null => {
    const root = `${base}/storage/overlay-containers`;
    mkdirSync(`${root}/${id}/userdata`, { recursive: true });
    writeFileSync(`${root}/containers.json`, text);
    const record = someRecord({ id, root: { bundle: `${root}/${id}/userdata`, rootfs: "/", mounts: [] } });
    const runDir = `${base}/run`;
    mkdirSync(`${runDir}/attachments/${id}`, { recursive: true });
    writeFileSync(`${runDir}/attachments/${id}/eth0.json`, JSON.stringify(record));
    return outcomeOf(listAttachments({ runDir, stateDir: runDir })).good[0]?.name ?? null;
  };
  try {
    assert.is(
      nameWith(
        JSON.stringify([
          { id: "other", names: ["x"] },
          { id, names: ["web1", "alias"] },
        ]),
      ),
      "web1",
    );
    for (const text of [
      "",
      "{",
      "{}",
      "[1]",
      JSON.stringify([{ id, names: null }]),
      JSON.stringify([{ id, names: [] }]),
    ])
      assert.is(nameWith(text), null, text);
  } finally {
    rmSync(base, { recursive: true });
  }
});

test.run();
