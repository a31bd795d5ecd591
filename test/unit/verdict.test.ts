import { test } from "uvu";
import * as assert from "uvu/assert";
import { judge, type Ran } from "../verdict.ts";

const good: Ran = {
  source: 'const test = suite("x");\ntest("a", () => {});\ntest.run();\n',
  output: "\n  Total:     3\n  Passed:    3\n  Skipped:   0\n  Duration:  1ms\n",
  code: 0,
  end: null,
  seconds: 1,
};
const outputOf = (total: number, passed: number, skipped = 0) =>
  `  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n`;

const reasonOf = (changes: Partial<Ran>) => judge({ ...good, ...changes }).reasons.join("; ");

test("a file whose tests all pass is good", () => {
  const { passed, failed, reasons } = judge(good);
  assert.equal([passed, failed, reasons], [3, 0, []]);
});

test("failed tests are counted", () => {
  const { passed, failed } = judge({ ...good, output: outputOf(5, 3), code: 1 });
  assert.equal([passed, failed], [3, 2]);
});

test("a file that stops half-way with exit code 0 fails", () => {
  assert.match(reasonOf({ output: outputOf(12, 8) }), "4 of 12 did not pass");
});

test("a file without a test, or without a summary, fails", () => {
  assert.match(reasonOf({ output: outputOf(0, 0) }), "no test ran");
  assert.match(reasonOf({ output: "" }), "no test ran");
});

test("skipped and focused tests fail", () => {
  assert.match(reasonOf({ output: outputOf(3, 2, 1) }), "1 skipped");
  assert.match(reasonOf({ source: `${good.source}test.${"only"}("b", () => {});` }), "focuses");
  assert.match(reasonOf({ source: `${good.source}test.${"skip"}("b", () => {});` }), "focuses");
});

test("a suite that is never run fails", () => {
  assert.match(reasonOf({ source: 'const test = suite("x");\n' }), "without .run()");
  assert.match(reasonOf({ source: `${good.source}const more = suite("y");\n` }), "without .run()");
});

test("an exit code and a time limit fail", () => {
  assert.match(reasonOf({ code: 1 }), "exit code 1");
  assert.match(reasonOf({ code: null, end: "not done within 5 s" }), "not done within 5 s");
});

test.run();
