/** podman containers that berth refuses: one line that says why, no container, nothing left. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Lab } from "../lab/lab.ts";
import { assertClean, events } from "../lab/look.ts";
import { withPodman } from "../lab/podman.ts";

const test = suite("podman, refused");

/** A time limit that keeps the test short; that it holds is what is tested. */
const impatient = '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":2}}}}';
const missing = '{"networks":{"lan":{"bridge":"br7"}}}';

const lastMessage = (lab: Lab): string => String(events(lab).at(-1)?.["message"]);

const cases = [
  ["no DHCP server", impatient, [], /network default: no DHCP server offered an address \(\d DISCOVERs? sent\)/],
  ["no bridge", missing, [], /network lan: the bridge br7 does not exist/],
  ["a wish that will not do", impatient, ["--annotation", "io.berth.ip=x"], /annotation io\.berth\.ip: .*will not do/],
] as const;

for (const runtime of ["runc", "crun"] as const) {
  for (const [what, config, words, says] of cases) {
    test(
      `${runtime}, ${what}: the container does not start, and nothing is left`,
      withPodman({ runtime, config, lab: { server: "none" } }, async (lab, { podman, must, image }) => {
        for (const how of [["--rm"], ["-d", "--name", "web1"]]) {
          const ran = await podman("run", ...how, "--net", "none", ...words, image, "echo", "started");
          assert.is.not(ran.code, 0);
          assert.not.match(ran.stdout, "started");
          // crun 1.8.1 drops a hook's stderr, so there the event log has to tell.
          if (runtime === "runc") assert.match(ran.stderr.replaceAll("\\", ""), says);
          assert.match(lastMessage(lab), says);
          await assertClean(lab, false);
        }
        await must("rm", "web1");
        await assertClean(lab, false);
      }),
    );
  }
}

test.run();
