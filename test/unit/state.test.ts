/** The state on a hook's standard input, as runc and crun write it and as nobody should. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseState } from "../../src/oci/state.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const state = {
  ociVersion: "1.0.2-dev",
  id: "web1",
  status: "creating",
  pid: 4711,
  bundle: "/run/bundles/web1",
  annotations: { "io.berth.ip": "dhcp" },
};

const parse = (change: Readonly<Record<string, unknown>>) => parseState(JSON.stringify({ ...state, ...change }));
const messageOf = (text: string): string => errorOf(parseState(text)).message;
const refused = (change: Readonly<Record<string, unknown>>): string =>
  messageOf(JSON.stringify({ ...state, ...change }));
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test("runc's state at createRuntime", () => {
  const { id, pid, bundle, annotations } = outcomeOf(parse({ owner: "", config: { root: null } }));
  assert.equal([id, pid, bundle, annotations.get("io.berth.ip")], ["web1", 4711, "/run/bundles/web1", "dhcp"]);
});

test("at poststop runc leaves the pid out, crun says 0, Go may say null", () => {
  for (const pid of [undefined, 0, null]) assert.is(outcomeOf(parse({ pid })).pid, null);
});

test("crun's keys of its own pass, and so does any status", () => {
  const change = { status: "stopped", root: "/x", owner: "root", created: "2025-01-01", cgroup: "/c", systemd: false };
  assert.is(outcomeOf(parse(change)).status, "stopped");
});

test("no annotations are an empty map, and no key of theirs is special", () => {
  for (const annotations of [undefined, null, {}]) assert.is(outcomeOf(parse({ annotations })).annotations.size, 0);
  const text = JSON.stringify(state).replace('"io.berth.ip"', '"constructor":"c","__proto__":"p","io.berth.ip"');
  const { annotations } = outcomeOf(parseState(text));
  assert.is(annotations.get("constructor"), "c");
  assert.is(annotations.get("toString"), undefined);
});

test("an id that is not one path component is refused, and shown so that it can do no harm", () => {
  const ids = [
    "../../x",
    ".",
    "..",
    "",
    "a/b",
    "a\nb",
    "a\0b",
    "a b",
    "a;b",
    "$(reboot)",
    "é",
    "x".repeat(4096),
    5,
    null,
    [],
    {},
  ];
  for (const id of ids) assert.match(refused({ id }), /^the container's state is invalid at id: [\x20-\x7e]{1,300}$/);
});

test("a pid is a whole number from 1", () => {
  for (const pid of [-1, 1.5, "12", 2 ** 31, true, [], {}]) assert.match(refused({ pid }), /at pid: /);
  assert.match(messageOf(JSON.stringify(state).replace("4711", "1e999")), /at pid: /);
});

test("a bundle is an absolute path of at most 4096 characters", () => {
  for (const bundle of ["", "x", "./x", "/a\0b", `/${"x".repeat(4096)}`, 1, null]) {
    assert.match(refused({ bundle }), /at bundle: [\x20-\x7e]+$/);
  }
  assert.ok(parse({ bundle: `/${"x".repeat(4095)}` }).isOk());
});

test("annotations of other types are refused at their key", () => {
  assert.match(refused({ annotations: { a: 1 } }), /at annotations\.a: expected a string, found 1/);
  assert.match(
    refused({ annotations: { "a\nb": {} } }),
    /at annotations\["a\\nb"\]: expected a string, found an object/,
  );
  for (const annotations of [[], "x", 1, true])
    assert.match(refused({ annotations }), /at annotations: expected an object/);
});

test("an empty, truncated or foreign text says where it goes wrong", () => {
  assert.match(messageOf(""), /is empty/);
  assert.match(messageOf(" \n"), /is empty/);
  assert.match(messageOf('{"id":\n  "we'), /line 2, column 3: a string without its closing quote/);
  assert.match(messageOf('{"id":\n]'), /line 2, column 1: expected a value, found "\]"/);
  assert.match(messageOf("\0\0"), /line 1, column 1/);
  for (const text of ["null", "1", '"x"', "[]", "true"]) assert.match(messageOf(text), /expected an object/);
});

test("every truncation of a state is an error in one line", () => {
  const text = JSON.stringify(state);
  for (let end = 0; end < text.length; end += 1) assert.match(messageOf(text.slice(0, end)), /^[\x20-\x7e]{1,400}$/);
});

test("nesting that would overflow the stack, and 10 MB, are errors like any other", () => {
  assert.match(messageOf("[".repeat(1_000_000)), /nested deeper than 128 levels|not JSON/);
  assert.match(messageOf('{"a":'.repeat(200_000)), /nested deeper than 128 levels|not JSON/);
  assert.match(messageOf(`${JSON.stringify(state)}${" ".repeat(10_000_000)}`), /larger than 1048576 bytes/);
  assert.match(refused({ annotations: nested(3) }), /at annotations/);
});

test.run();
