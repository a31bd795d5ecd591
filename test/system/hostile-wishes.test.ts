/** Annotations and variables that a container's author controls: refused on one line, or harmless; nothing is injected. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBundle } from "../lab/bundle.ts";
import { assertOneLine, callHook, sleeper, stateOf } from "../lab/hook.ts";
import { makeLab } from "../lab/lab.ts";
import { assertNothingLeft, onlyRecord } from "../lab/look.ts";
import { networkOf, privateEtc, treeOf } from "../lab/snapshot.ts";

const test = suite("hostile wishes");

const keys = ["network", "ifname", "mac", "ip", "hostname", "identity", "vlan"] as const;
const texts = [
  "a\nlink del br0",
  "default\nlink set br0 down",
  "eth0; reboot",
  "$(touch /tmp/berth-pwned)",
  "`touch /tmp/berth-pwned`",
  "a b",
  " ",
  "",
  "../../../etc/passwd",
  "-rf",
  "--help",
  "x\u0000y",
  "caf\u00e9",
  "\u202egnp",
  "\u001b[31mred",
  "x".repeat(4096),
  "10.88.0.5/24@10.88.0.1\nroute add default via 6.6.6.6",
  "02:00:00:00:00:01 type veth",
  "0.0.0.0/0",
  "255.255.255.255/32",
  "127.0.0.1/8",
  "ff:ff:ff:ff:ff:ff",
  "lo",
  "all",
  "__proto__",
  "constructor",
] as const;

for (const way of ["annotation", "variable"] as const) {
  test(`every ${way} with every text`, async () => {
    const lab = await makeLab();
    try {
      const etc = await privateEtc(lab, lab.worker);
      const container = await sleeper(lab.worker);
      const before = { network: await networkOf(lab.worker), etc: treeOf(etc) };
      let accepted = 0;
      for (const key of keys) {
        for (const text of texts) {
          const about = `${key}=${JSON.stringify(text.slice(0, 50))}`;
          const bundle = makeBundle(
            lab,
            way === "annotation"
              ? { annotations: { [`io.berth.${key}`]: text } }
              : { env: [`BERTH_${key.toUpperCase()}=${text}`] },
          );
          const state = stateOf(bundle, container.pid);
          const ran = await callHook(lab, "createRuntime", state, bundle);
          if (ran.code !== 0) assertOneLine(ran, about);
          else {
            accepted += 1;
            // What was accepted is a value and nothing more: it stands in the record in its own field.
            const record = onlyRecord(lab);
            assert.ok(["identity", "ifname", "hostname"].includes(key), `${about} was accepted`);
            assert.ok(JSON.stringify(record).includes(JSON.stringify(text).slice(1, -1)), about);
          }
          assert.is((await callHook(lab, "poststop", state, bundle)).code, 0, about);
          await assertNothingLeft(lab);
        }
      }
      assert.ok(accepted > 0, "an odd identity is still an identity");
      assert.equal(await networkOf(lab.worker), before.network);
      assert.equal(treeOf(etc), before.etc);
      assert.throws(() => readFileSync("/tmp/berth-pwned"), /ENOENT/);
      await container.stop("SIGKILL");
    } finally {
      await lab.destroy();
    }
  });
}

test.run();
