/** What an operator registers: each file is what its reader expects, and none lags behind the code. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as z from "zod/mini";
import { schemaFile, schemaText } from "../../scripts/schema.ts";
import { defaultConfig, loadConfig } from "../../src/config/load.ts";
import { configSchema, dhcpSchema, networkSchema } from "../../src/config/schema.ts";
import { outcomeOf } from "../outcome.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const inRepository = (path: string): string => join(repository, path);
const json = (path: string): unknown => JSON.parse(readFileSync(inRepository(path), "utf8"));

const environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
const stages = ["createRuntime", "poststop"] as const;
const hookOf = (stage: string) => ({
  path: "/usr/local/bin/berth",
  args: ["berth", stage],
  env: environment,
  timeout: 30,
});

const object = z.looseObject({ description: z.optional(z.string()), properties: z.record(z.string(), z.unknown()) });
const keysOf = (schema: unknown): readonly string[] => Object.keys(object.parse(schema).properties).sort();

const directory = mkdtempSync(join(tmpdir(), "berth-oci-config-"));
test.after(() => rmSync(directory, { recursive: true }));

test("the JSON Schema is the one that 'bun scripts/schema.ts' makes", () => {
  assert.is(readFileSync(schemaFile, "utf8"), schemaText());
});

test("the JSON Schema has the settings that berth knows, no more and no fewer, each described", () => {
  const schema = object.parse(json("oci-config/berth.schema.json"));
  const network = z.looseObject({ additionalProperties: object }).parse(schema.properties["networks"]);
  const { properties } = network.additionalProperties;
  assert.equal(keysOf(schema), Object.keys(configSchema.shape).sort());
  assert.equal(keysOf(network.additionalProperties), Object.keys(networkSchema.shape).sort());
  assert.equal(keysOf(properties["dhcp"]), Object.keys(dhcpSchema.shape).sort());
  for (const setting of [...Object.values(schema.properties), ...Object.values(properties)])
    assert.ok(z.looseObject({ description: z.string() }).safeParse(setting).success);
});

test("the example is a configuration that says what holds without one", () => {
  const file = inRepository("oci-config/berth.json");
  const example = outcomeOf(loadConfig(file));
  assert.equal(example, { ...defaultConfig(), file });
});

test("podman's hooks are of version 1.0.0 and for every container", () => {
  for (const stage of stages) {
    const expected = { version: "1.0.0", hook: hookOf(stage), when: { always: true }, stages: [stage] };
    assert.equal(json(`oci-config/podman/berth-${stage}.json`), expected);
  }
});

test("the fragment for runc and crun has both hooks, each with an environment of its own", () => {
  const hooks = Object.fromEntries(stages.map((stage) => [stage, [hookOf(stage)]]));
  assert.equal(json("oci-config/runc-hooks.json"), { hooks });
});

const berth = join(directory, "berth");
writeFileSync(berth, '#!/bin/sh\necho "args:$*"\n/usr/bin/env | /usr/bin/sort\necho "stdin:$(/bin/cat)"\nexit 3\n');
chmodSync(berth, 0o755);

for (const stage of stages) {
  test(`hooks/${stage} starts berth with its arguments, stdin and exit code, and nothing of the environment`, () => {
    const entry = join(directory, stage);
    const source = inRepository(`hooks/${stage}`);
    assert.is(statSync(source).mode & 0o111, 0o111);
    // As install.sh does for another prefix.
    writeFileSync(entry, readFileSync(source, "utf8").replaceAll("/usr/local/bin/berth", berth));
    chmodSync(entry, 0o755);
    const hostile = { BUN_OPTIONS: "--help", BUN_BE_BUN: "1", BUN_INSPECT: "1", PATH: directory, ENV: entry, IFS: "/" };
    const { stdout, status } = spawnSync(entry, ["--run-dir", "/a b"], {
      input: "state",
      env: hostile,
      encoding: "utf8",
    });
    assert.is(status, 3);
    const [args, ...rest] = stdout.trimEnd().split("\n");
    assert.is(args, `args:${stage} --run-dir /a b`);
    assert.is(rest.at(-1), "stdin:state");
    // PWD and the like are the stand-in's own shell's.
    const foreign = rest.slice(0, -1).filter((line) => !/^(?:PWD|OLDPWD|SHLVL|_)=/.test(line));
    assert.equal(foreign, environment);
  });
}

test.run();
