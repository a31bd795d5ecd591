/** What can stand at the end of a command line; and the promises that every command makes. */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { OperatorCommand } from "../../src/cli/operator/command.ts";
import { operatorCommands } from "../../src/cli/operator/commands.ts";
import { argumentText, optionsOf } from "../../src/cli/operator/options.ts";
import { complete } from "../../src/completion/candidates.ts";
import { completionScripts } from "../../src/completion/scripts.ts";

const route: OperatorCommand = {
  name: "route",
  summary: "add a route",
  description: ["Adds."],
  arguments: [
    { name: "container", description: "which", completes: "container" },
    { name: "word", description: "what", count: "any" },
  ],
  options: [
    { name: "network", short: "n", value: "name", description: "on which network", completes: "network" },
    { name: "shape", value: "shape", description: "which shape", completes: ["round", "square"] },
    { name: "quiet", short: "q", description: "say nothing" },
    { name: "out", value: "file", description: "where to", completes: "file" },
  ],
  examples: [],
  passThrough: true,
  run: async () => 0,
};
const hidden: OperatorCommand = { ...route, name: "secret", hidden: true };
const many: OperatorCommand = {
  ...route,
  name: "show",
  arguments: [{ name: "container", description: "which", count: "some", completes: "container" }],
  passThrough: false,
};

const sources = {
  commands: [route, hidden, many],
  containers: () => ["web1", "web2", "shop"].map((value) => ({ value, description: "" })),
  networks: () => ["default", "dmz"].map((value) => ({ value, description: "" })),
};

const offered = (...words: readonly string[]): readonly string[] | string => {
  const completion = complete(words, sources);
  return completion.kind === "candidates" ? completion.candidates.map(({ value }) => value) : completion.kind;
};

test("the first word is a command, but none that is called by programs only", () => {
  assert.equal(offered(""), ["route", "show", "version", "help"]);
  assert.equal(offered("ro"), ["route"]);
  assert.equal(offered("--v"), ["--version"]);
  assert.equal(offered("help", "s"), ["show"]);
  assert.equal(offered("nobody", ""), []);
});

test("arguments in their places, options anywhere before", () => {
  assert.equal(offered("route", "we"), ["web1", "web2"]);
  assert.equal(offered("route", "-q", "--network", "dmz", "sh"), ["shop"]);
  assert.equal(offered("route", "web1", ""), []);
  assert.equal(offered("show", "web1", "--quiet", "shop", "we"), ["web1", "web2"]);
  assert.equal(offered("show", "--", "--"), []);
});

test("options and their values, in both spellings", () => {
  assert.equal(offered("show", "--n"), ["--network"]);
  assert.equal(offered("show", "--network", ""), ["default", "dmz"]);
  assert.equal(offered("show", "-n", "dm"), ["dmz"]);
  assert.equal(offered("show", "--network=d"), ["--network=default", "--network=dmz"]);
  assert.equal(offered("show", "--shape", "r"), ["round"]);
  assert.is(offered("show", "--out", ""), "files");
  assert.is(offered("show", "--out=x"), "files");
  assert.is(offered("show", "--run-dir", ""), "directories");
  assert.ok(offered("show", "--").includes("--help"));
});

test("after the first word of a command that passes the rest through there are no options of ours", () => {
  assert.equal(offered("route", "web1", "add", "-n"), []);
});

test("bash's script is one that bash can read", () => {
  const checked = spawnSync("bash", ["-n"], { input: completionScripts["bash"] ?? "(" });
  assert.is(checked.status, 0, checked.stderr.toString());
});

test("every command has a summary, a description, examples and --json, and options of their own names", () => {
  for (const command of operatorCommands) {
    const { name, summary, description, examples } = command;
    assert.match(summary, /^[a-z].*[^.]$/, name);
    assert.ok(summary.length <= 80, `${name}: its summary is a line`);
    assert.ok(description.length > 0 && description.every((paragraph) => /^[A-Z'].*[.:]$/s.test(paragraph)), name);
    assert.ok(examples.length > 0, `${name} has an example`);
    for (const { line } of examples) assert.match(line, /berth|systemctl|curl/, name);
    const options = optionsOf(command);
    for (const option of ["json", "config", "run-dir", "state-dir"])
      assert.is(options.filter((one) => one.name === option).length, 1, `${name} --${option}`);
    const letters = options.flatMap(({ short }) => short ?? []);
    assert.is(new Set(letters).size, letters.length, `${name}: a letter each`);
    assert.not.ok(letters.includes("h"), `${name}: -h is for help`);
    for (const argument of command.arguments.slice(0, -1))
      assert.not.match(argumentText(argument), /\.\.\./, `${name}: only the last argument repeats`);
  }
  const names = operatorCommands.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

test.run();
