/** Tables and texts on terminals of any width. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Entry, entriesOf } from "../../src/containers/entry.ts";
import { titles } from "../../src/list/cells.ts";
import { linesOf } from "../../src/list/look.ts";
import { styled, wantsColour } from "../../src/screen/colour.ts";
import { durationText } from "../../src/screen/duration.ts";
import { type Screen, tabbedLines, tableLines } from "../../src/screen/table.ts";
import { cut, glyphs, pad, printable, widthOf } from "../../src/screen/text.ts";
import { someRecord } from "../record.ts";

const utf8 = glyphs({ LANG: "de_DE.UTF-8" });
const screen = (width: number): Screen => ({ width, styled: styled(false), glyphs: utf8 });

const entries = (...names: readonly (string | null)[]): readonly Entry[] =>
  entriesOf(
    {
      good: names.map((name, at) => ({ name, record: someRecord({ id: String(at).padStart(64, "a") }) })),
      broken: [],
    },
    1_000_000,
  );

test("a wide terminal has a row a line, a narrow one two, and no line is longer than the terminal", () => {
  const names = ["web1", null, "a-name-".repeat(30), "数据库服务器".repeat(20)];
  for (const width of [1, 5, 20, 40, 79, 80, 81, 100, 120, 200, 1000]) {
    const lines = linesOf(entries(...names), screen(width));
    assert.is(lines.length, width >= 120 ? 5 : 10, `${width} columns`);
    if (width >= 20) for (const line of lines) assert.ok(widthOf(line) <= width, `${width}: ${line}`);
  }
});

test("at 80 columns all ten columns are there, whole but for a long name", () => {
  const lines = linesOf(entries("web1", "a-name-".repeat(30)), screen(80));
  const text = lines.join("\n");
  for (const title of titles) assert.match(text, title);
  for (const whole of [
    "web1",
    "aaaaaaaaaaaa",
    "default",
    "br0",
    "bt3f9a01c2",
    "eth0",
    "02:00:00:15:aa:bb",
    "10.0.0.21",
  ])
    assert.match(text, whole);
  assert.match(text, /a-name-.*…/);
});

test("columns begin at the same place in every row", () => {
  const lines = linesOf(entries("web1", "数据库"), screen(200));
  const starts = lines.map((line) =>
    widthOf(line.slice(0, Math.max(line.indexOf("default"), line.indexOf("NETWORK")))),
  );
  assert.is(new Set(starts).size, 1);
});

test("for programs: tabs, nothing cut, nothing styled, no control characters", () => {
  const name = `${"x".repeat(300)}\u001b[31m\t\n`;
  const lines = tabbedLines(["A", "B"], [[{ text: name, style: "red" }, { text: "" }]]);
  assert.equal(lines, ["A\tB", `${"x".repeat(300)}?[31m??\t-`]);
});

test("colour is for terminals, unless NO_COLOR is set or the terminal has none", () => {
  const before = { ...process.env };
  try {
    for (const [isTTY, env, wanted] of [
      [true, { TERM: "xterm" }, true],
      [false, { TERM: "xterm" }, false],
      [true, { TERM: "dumb" }, false],
      [true, { TERM: "xterm", NO_COLOR: "1" }, false],
      [true, { TERM: "xterm", NO_COLOR: "" }, true],
    ] as const) {
      delete process.env["NO_COLOR"];
      Object.assign(process.env, env);
      assert.is(wantsColour({ isTTY }), wanted, JSON.stringify(env));
    }
  } finally {
    delete process.env["NO_COLOR"];
    Object.assign(process.env, before);
  }
  const [line] = tableLines(["A"], [[{ text: "x" }]], { ...screen(80), styled: styled(true) });
  assert.is(line, "\u001b[1mA\u001b[22m");
});

test("texts are cut and padded by what they take on the screen", () => {
  assert.is(cut("abcdef", 6, "…"), "abcdef");
  assert.is(cut("abcdef", 5, "…"), "abcd…");
  assert.is(cut("数据库", 5, "…"), "数据…");
  assert.is(cut("数据库", 4, "…"), "数…");
  assert.is(cut("👩‍👩‍👧👩‍👩‍👧", 3, "…"), "👩‍👩‍👧…");
  assert.is(cut("abc", 0, "…"), "");
  assert.is(pad("数", 4), "数  ");
  assert.is(printable("a\u001b[2J\u202eb\u200bc\u009bd"), "a?[2J?b?c?d");
  assert.is(glyphs({ LC_ALL: "C", LANG: "de_DE.UTF-8" }).cut, "~");
});

test("how long a lease still lasts, in at most two units", () => {
  for (const [seconds, text] of [
    [0, "0s"],
    [59.9, "59s"],
    [60, "1m 0s"],
    [599, "9m 59s"],
    [3599, "59m"],
    [3600, "1h 0m"],
    [86399, "23h 59m"],
    [86400 * 6 + 3600 * 4, "6d 4h"],
    [-5, "0s"],
    [Number.POSITIVE_INFINITY, "never"],
  ] as const)
    assert.is(durationText(seconds), text);
});

test.run();
