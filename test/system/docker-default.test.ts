/** berth as Docker's default runtime: whose containers it must leave alone, and the shim's pass-through. */
// @limit 600
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Docker, type DockerOptions, withDocker } from "../lab/docker.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, records } from "../lab/look.ts";

const test = suite("docker, default runtime");

const asDefault = (options: DockerOptions, work: (lab: Lab, docker: Docker) => Promise<void>) =>
  withDocker({ isDefault: true, ...options }, work);

const address = ["ip", "-4", "-o", "addr"] as const;
const asked = '{"when":"asked","networks":{"default":{"bridge":"br0"}}}';

/** A build with one step, by the classic builder, whose steps are containers of the default runtime. */
const buildWords = (lab: Lab, from: string, ...options: readonly string[]): readonly string[] => {
  const context = `${lab.directory}/context`;
  mkdirSync(context);
  writeFileSync(`${context}/Dockerfile`, `FROM ${from}\nRUN ip -4 -o addr\n`);
  return ["build", "--no-cache", ...options, context];
};

for (const runtime of ["runc", "crun"] as const) {
  test(
    `${runtime}: --net bridge, host and container:X, and docker build, are left alone`,
    asDefault({ runtime }, async (lab, { must, image }) => {
      const bridged = await must("run", "--rm", image, ...address);
      assert.match(bridged, "172.31.77.");
      assert.not.match(bridged, "10.88.0.");
      assert.match(await must("run", "--rm", "--net", "host", image, "ip", "-o", "link"), "br0");
      await must("run", "-d", "--name", "first", image, "sleep", "1000");
      assert.match(await must("run", "--rm", "--net", "container:first", image, ...address), "172.31.77.");
      await must("rm", "-f", "first");
      const built = await must(...buildWords(lab, image));
      assert.match(built, "172.31.77.");
      assert.equal(records(lab), []);
      assert.equal(
        events(lab).filter(({ event }) => event !== "not-ours"),
        [],
      );
      await assertNothingLeft(lab);
    }),
  );

  test(
    `${runtime}: a container that joins one of ours is attached with it once`,
    asDefault({ runtime }, async (lab, { must, image }) => {
      await must("run", "-d", "--name", "first", "--net", "none", image, "sleep", "1000");
      const record = onlyRecord(lab);
      assert.match(
        await must("run", "--rm", "--net", "container:first", image, ...address),
        String(record.lease?.address),
      );
      assert.equal(records(lab), [record]);
      await must("rm", "-f", "first");
      await assertNothingLeft(lab);
    }),
  );
}

test(
  'plain --net none with "when":"asked": only with a wish, also in docker build',
  asDefault({ config: asked }, async (lab, { must, image }) => {
    assert.not.match(await must("run", "--rm", "--net", "none", image, ...address), "10.88.0.");
    const wish = ["--label", "io.berth.network=default"];
    assert.match(await must("run", "--rm", "--net", "none", ...wish, image, ...address), "10.88.0.");
    assert.match(
      await must("run", "--rm", "--net", "none", "-e", "BERTH_NETWORK=default", image, ...address),
      "10.88.0.",
    );
    assert.not.match(await must(...buildWords(lab, image, "--network", "none")), "10.88.0.");
    await assertNothingLeft(lab);
  }),
);

test(
  "a mistake in berth.json stops those who are to be on a network of ours, and nobody else",
  asDefault({ config: '{"networks":{}}' }, async (lab, { docker, must, image }) => {
    assert.match(await must("run", "--rm", image, ...address), "172.31.77.");
    const failed = await docker("run", "--rm", "--net", "none", image, "true");
    assert.is(failed.code, 125);
    assert.match(failed.stderr, "berth.json: networks: expected at least one network");
    await assertNothingLeft(lab);
  }),
);

test(
  "a mount of the user's that looks like Docker's directory of another container tells nothing",
  asDefault({}, async (lab, { must, image }) => {
    const other = `${lab.directory}/data/containers/${"a".repeat(64)}`;
    mkdirSync(other, { recursive: true });
    writeFileSync(`${other}/config.v2.json`, JSON.stringify({ ID: "a".repeat(64), Name: "/stolen" }), { mode: 0o600 });
    writeFileSync(`${other}/hostconfig.json`, '{"NetworkMode":"none"}', { mode: 0o600 });
    writeFileSync(`${other}/resolv.conf`, "# not ours\n");
    const words = ["-v", `${other}/resolv.conf:/etc/resolv.conf`, "--net", "none", image, "sleep", "1000"];
    await must("run", "-d", "--name", "web1", ...words);
    assert.is(onlyRecord(lab).identity, null);
    assert.is(readFileSync(`${other}/resolv.conf`, "utf8"), "# not ours\n");
    await must("rm", "-f", "web1");
    await assertNothingLeft(lab);
  }),
);

test.run();
