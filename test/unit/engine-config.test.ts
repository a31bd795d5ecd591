/** What an operator gives to Docker and podman: each file is what its reader expects. */
import { readFileSync, statSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../lab/bundle.ts";
import { composeWords, quadlet } from "../lab/examples.ts";

const json = (path: string): unknown => JSON.parse(readFileSync(`${repository}/oci-config/${path}`, "utf8"));

test("daemon.json names the shim where install.sh puts it, and nothing else", () => {
  const path = "/usr/local/libexec/berth/hooks/berth-runtime";
  assert.equal(json("docker/daemon.json"), { runtimes: { berth: { path } } });
  assert.match(readFileSync(`${repository}/install.sh`, "utf8"), /for entry in [^;]*berth-runtime/);
  assert.is(statSync(`${repository}/hooks/berth-runtime`).mode & 0o111, 0o111);
});

test("the compose example is network_mode none on the runtime berth, with labels of ours", () => {
  const words = composeWords().join(" ");
  assert.match(words, "--runtime berth --network none --label io.berth.network=default");
});

test("the quadlet is what podman 4.8.0's own generator makes this command of", () => {
  const { globalArgs, words, stopWords } = quadlet("%t/%N.cid");
  const hooks = "--hooks-dir=/usr/local/share/containers/oci/hooks.d";
  assert.is(
    ["/usr/bin/podman", ...globalArgs, "run", ...words].join(" "),
    `/usr/bin/podman ${hooks} run --name=web1 --cidfile=%t/%N.cid --replace --rm --cgroups=split --network=none --sdnotify=conmon -d --annotation io.berth.network=default --hostname web1 docker.io/library/nginx`,
  );
  assert.is(
    ["/usr/bin/podman", ...globalArgs, "rm", ...stopWords].join(" "),
    `/usr/bin/podman ${hooks} rm -v -f -i --cidfile=%t/%N.cid`,
  );
});

test("the hooks directory of the quadlet is where install.sh puts podman's hooks", () => {
  const installed = /share\/containers\/oci\/hooks\.d/;
  assert.match(readFileSync(`${repository}/install.sh`, "utf8"), installed);
  assert.match(quadlet("").globalArgs.join(), installed);
});

test("podman's precreate hook is of version 1.0.0, for every container, with an environment of its own", () => {
  assert.equal(json("podman-precreate/berth-precreate.json"), {
    version: "1.0.0",
    hook: {
      path: "/usr/local/bin/berth",
      args: ["berth", "precreate"],
      env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
      timeout: 30,
    },
    when: { always: true },
    stages: ["precreate"],
  });
});

test.run();
