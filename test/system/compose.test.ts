/** The compose example of oci-config/, by docker-compose on a real dockerd. */
// @limit 600
import { writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repository } from "../lab/bundle.ts";
import { assertAllReleased, withDocker } from "../lab/docker.ts";
import { fetchPage } from "../lab/fetchPage.ts";
import { onlyRecord } from "../lab/look.ts";

const test = suite("docker compose");

const example = `${repository}/oci-config/docker/compose.yaml`;
/** No registry here: another image, and what it is to run. */
const override = 'services: {web1: {image: bb, command: ["httpd", "-f", "-h", "/www"]}}\n';

test(
  "the example: up is on the LAN, restart and down and up again keep MAC and address, down gives all back",
  withDocker({}, async (lab, { must, env }) => {
    const file = `${lab.directory}/override.yaml`;
    writeFileSync(file, override);
    const compose = async (...words: readonly string[]): Promise<void> => {
      const project = ["--project-name", "shop", "--file", example, "--file", file];
      const ran = await lab.worker.execWith({ env, timeoutMs: 120_000 }, "docker-compose", ...project, ...words);
      if (ran.code !== 0) throw new Error(`docker-compose ${words.join(" ")}: exit code ${ran.code}: ${ran.stderr}`);
    };
    const seen = () => {
      const { mac, lease, identity, network } = onlyRecord(lab);
      return { mac, address: lease?.address ?? "", identity, network };
    };
    await compose("config", "--quiet");
    await compose("up", "--detach");
    const first = seen();
    assert.equal([first.identity, first.network], ["name:web1", "default"]);
    assert.equal(lab.server.leases(), [{ ip: first.address, mac: first.mac }]);
    assert.is(await fetchPage(lab.peer, first.address), "berth");
    assert.is(await must("inspect", "-f", "{{.HostConfig.Runtime}} {{.HostConfig.NetworkMode}}", "web1"), "berth none");
    await compose("restart", "--timeout", "0");
    assert.equal(seen(), first);
    await compose("down", "--timeout", "0");
    await assertAllReleased(lab);
    await compose("up", "--detach");
    assert.equal(seen(), first);
    await compose("down", "--timeout", "0");
    await assertAllReleased(lab);
  }),
);

test.run();
