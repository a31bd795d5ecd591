/** Additions to config.json: what is added, and that every other byte stays. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { append, bytesOf, latin1, listAt, locate, setString } from "../../src/inject/splice.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const path = ["hooks", "createRuntime"];
const added = (text: string, values: readonly unknown[] = [1]): string => outcomeOf(append(text, path, values));

for (const [before, after] of [
  ["{}", '{"hooks":{"createRuntime":[1]}}'],
  ["  { }\n", '  {"hooks":{"createRuntime":[1]} }\n'],
  ['{"a":1}', '{"a":1,"hooks":{"createRuntime":[1]}}'],
  ['{"a":1 }', '{"a":1,"hooks":{"createRuntime":[1]} }'],
  ['{"hooks":null,"a":1}', '{"hooks":{"createRuntime":[1]},"a":1}'],
  ['{"hooks": {} }', '{"hooks": {"createRuntime":[1]} }'],
  ['{"hooks":{"createRuntime":null}}', '{"hooks":{"createRuntime":[1]}}'],
  ['{"hooks":{"createRuntime":[ ]}}', '{"hooks":{"createRuntime":[1 ]}}'],
  ['{"hooks":{"createRuntime":[{"path":"/x"} ]}}', '{"hooks":{"createRuntime":[{"path":"/x"},1 ]}}'],
  ['{"hooks":{"prestart":[{"a":[]}]}}', '{"hooks":{"prestart":[{"a":[]}],"createRuntime":[1]}}'],
  ['{"x":{"hooks":{}},"a":"\\"hooks\\":{"}', '{"x":{"hooks":{}},"a":"\\"hooks\\":{","hooks":{"createRuntime":[1]}}'],
  ['{"a":"\\\\","h":"]}"}', '{"a":"\\\\","h":"]}","hooks":{"createRuntime":[1]}}'],
  ['{"\\u0068ooks":{}}', '{"\\u0068ooks":{"createRuntime":[1]}}'],
  ['{"hooks":{},"hooks":{}}', '{"hooks":{},"hooks":{"createRuntime":[1]}}'],
] as const) {
  test(`adds to ${before.trim()}`, () => {
    assert.is(added(before), after);
    JSON.parse(added(before));
  });
}

test("numbers above 2^53, floats, escapes and white space stay as they are", () => {
  const odd =
    '{\r\n\t"limit": 18446744073709551615, "f": 1.10e+2, "neg":-0.0,\n "u": "\\u00e9\\/\\ud83d\\ude00", "__proto__": {"a": 1}';
  assert.is(added(`${odd}\n}`), `${odd},"hooks":{"createRuntime":[1]}\n}`);
});

test("bytes that are no UTF-8 stay as they are", () => {
  const bytes = Uint8Array.from([...Buffer.from('{"a":"é'), 0xff, 0xfe, ...Buffer.from('"}')]);
  const after = Buffer.from(bytesOf(outcomeOf(append(latin1(bytes), ["m"], ["ü"]))));
  assert.ok(after.subarray(0, bytes.length - 1).equals(Buffer.from(bytes.subarray(0, -1))));
  assert.is(after.subarray(bytes.length - 1).toString(), ',"m":["ü"]}');
});

test("what is of another type is an error that says where", () => {
  assert.equal(errorOf(append("[]", path, [1])), { kind: "not-an-object", path: "" });
  assert.equal(errorOf(append('{"hooks":[]}', path, [1])), { kind: "not-an-object", path: "hooks" });
  assert.equal(errorOf(append('{"hooks":{"createRuntime":{}}}', path, [1])), {
    kind: "not-an-array",
    path: "hooks.createRuntime",
  });
});

test("nothing to add: nothing changes", () => {
  assert.is(added("{}", []), "{}");
});

test("elements are found with their values, and a string in one can be changed", () => {
  const text = '{"mounts":[ {"source":"/a]"}, {"options":["ü"],"source" : "/b"} ]}';
  const [first, second] = listAt(latin1(new TextEncoder().encode(text)), ["mounts"]);
  assert.equal(first?.value, { source: "/a]" });
  assert.equal(second?.value, { options: ["ü"], source: "/b" });
  const changed = setString(latin1(new TextEncoder().encode(text)), second?.span.start ?? 0, "source", "/ñ");
  assert.is(Buffer.from(bytesOf(changed)).toString(), text.replace("/b", "/ñ"));
  assert.is(locate("{}", ["a", "b"]), undefined);
  assert.equal(listAt('{"mounts":{}}', ["mounts"]), []);
});

/** Any document, then the same one written by JSON.stringify with the addition: both mean the same. */
test("a thousand random documents: the addition is the only change of meaning, and no byte is lost", () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
  const strings = ["", "hooks", "createRuntime", '"', "\\", '\\"', "{", "]", ",", "é\u{1f600}", "\n"];
  const value = (depth: number): unknown => {
    const kind = random(depth > 4 ? 4 : 6);
    if (kind === 4) return Array.from({ length: random(4) }, () => value(depth + 1));
    if (kind === 5) return object(depth);
    return [null, random(1e9) / 7, kind === 2, strings[random(strings.length)]][kind];
  };
  const object = (depth: number): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: random(5) }, () => [strings[random(strings.length)], value(depth + 1)]));
  for (let round = 0; round < 1000; round += 1) {
    const document = { ...object(0), hooks: random(2) === 0 ? null : { poststop: value(3) } };
    const text = JSON.stringify(document, null, random(3));
    const after = Buffer.from(bytesOf(added(latin1(Buffer.from(text)), [{ x: "ü" }]))).toString();
    const expected = { ...document, hooks: { ...document.hooks, createRuntime: [{ x: "ü" }] } };
    assert.equal(JSON.parse(after), expected, text);
  }
});

test.run();
