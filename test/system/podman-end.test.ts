/** The ways in which a podman container ends: each time port, record, lease and MAC are given back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Lab } from "../lab/lab.ts";
import { assertClean, onlyRecord, pidOf, records } from "../lab/look.ts";
import { mustOperate } from "../lab/operator.ts";
import { precreate, withPodman } from "../lab/podman.ts";
import { until } from "../lab/until.ts";

const test = suite("podman, the end");

const none = ["--net", "none"] as const;
/** Without it the shell, which is process 1, would have no ear for a signal. */
const patient = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"] as const;

/** A container that is stopped, and not yet removed, has nothing left either: podman deletes it in the runtime. */
const released = async (lab: Lab): Promise<void> => {
  await until("the records are gone", () => records(lab).length === 0, 30_000);
  await assertClean(lab);
};

for (const runtime of ["runc", "crun"] as const) {
  test(
    `${runtime}: stop, kill and rm -f give all back`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      for (const end of [["stop", "--time", "20"], ["stop", "--time", "0"], ["kill"], ["rm", "-f", "--time", "0"]]) {
        await must("run", "-d", "--name", "web1", ...none, image, ...patient);
        assert.equal(lab.server.leases().length, 1, end.join(" "));
        await must(...end, "web1");
        await released(lab);
        if (end[0] !== "rm") await must("rm", "web1");
        await assertClean(lab);
      }
    }),
  );

  test(
    `${runtime}: a process that ends at once, and its exit code`,
    withPodman({ runtime }, async (lab, { podman, must, image }) => {
      assert.is((await podman("run", "--rm", ...none, image, "sh", "-c", "exit 42")).code, 42);
      await assertClean(lab);
      await must("run", "-d", "--name", "short", ...none, image, "true");
      await released(lab);
      assert.is(await must("wait", "short"), "0");
      await must("rm", "short");
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: a process that is killed for its memory`,
    withPodman({ runtime }, async (lab, { podman, must, image }) => {
      const hungry = "x=a; while :; do x=$x$x; done";
      const ran = await podman("run", "--name", "hungry", "--memory", "16m", ...none, image, "sh", "-c", hungry);
      assert.is(ran.code, 137, ran.stderr);
      await released(lab);
      assert.is(await must("inspect", "-f", "{{.State.ExitCode}}", "hungry"), "137");
      await must("rm", "hungry");
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: the container's process is killed behind podman's back`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      await must("run", "-d", "--name", "web1", ...none, image, ...patient);
      process.kill(pidOf(onlyRecord(lab)), "SIGKILL");
      await released(lab);
      await must("rm", "web1");
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: conmon is killed with -9: podman calls no poststop at the removal, and what is left is collected`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      const id = await must("run", "-d", "--name", "web1", ...none, image, ...patient);
      const conmon = await lab.worker.must("pgrep", "-f", `^/usr/bin/conmon .*-c ${id} `);
      process.kill(Number(conmon), "SIGKILL");
      await until("conmon is gone", async () => (await lab.worker.exec("kill", "-0", conmon)).code !== 0);
      const { pid } = onlyRecord(lab);
      await must("rm", "-f", "--time", "0", "web1");
      await until("the process is gone", async () => (await lab.worker.exec("kill", "-0", String(pid))).code !== 0);
      await mustOperate(lab, "gc");
      await assertClean(lab);
    }),
  );
}

// podman keeps poststop hooks for itself, and calls none where the runtime could not create the container.
for (const runtime of ["runc", "crun"] as const) {
  test(
    `${runtime}: what a command that does not exist leaves is collected: podman calls no poststop then`,
    withPodman({ runtime }, async (lab, { podman, must, image }) => {
      const missing = await podman("run", "--rm", ...none, image, "/no/such/command");
      assert.is(missing.code, 127, missing.stderr);
      assert.match(missing.stderr, "/no/such/command");
      assert.is((await podman("run", "-d", "--name", "wrong", ...none, image, "/no/such/command")).code, 127);
      await must("rm", "wrong");
      assert.is(records(lab).length, 2);
      await mustOperate(lab, "gc");
      await assertClean(lab);
    }),
  );
}

test(
  "runc, precreate: a command that does not exist gives all back at once, by the poststop that precreate puts into the bundle",
  withPodman({ runtime: "runc", files: [precreate] }, async (lab, { podman, must, image }) => {
    assert.is((await podman("run", "--rm", ...none, image, "/no/such/command")).code, 127);
    await assertClean(lab);
    assert.is((await podman("run", "-d", "--name", "wrong", ...none, image, "/no/such/command")).code, 127);
    await must("rm", "wrong");
    await assertClean(lab);
  }),
);

test(
  "crun, precreate: a command that does not exist: what crun leaves is collected, the mounted files too",
  withPodman({ runtime: "crun", files: [precreate] }, async (lab, { podman, image }) => {
    assert.is((await podman("run", "--rm", ...none, image, "/no/such/command")).code, 127);
    assert.is(records(lab).length, 1);
    await mustOperate(lab, "gc");
    await assertClean(lab);
  }),
);

test.run();
