/** podman with berth's precreate hook, alone and beside the others; pods; the quadlet example. */
import { rmSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quadlet } from "../lab/examples.ts";
import { fetchPage } from "../lab/fetchPage.ts";
import { assertClean, events, onlyRecord, records } from "../lab/look.ts";
import { hooks, precreate, withPodman } from "../lab/podman.ts";
import { privateEtc, treeOf } from "../lab/snapshot.ts";

const test = suite("podman, precreate");

for (const runtime of ["runc", "crun"] as const) {
  for (const files of [[precreate], [precreate, ...hooks]]) {
    const registered = files.length === 1 ? "alone" : "beside the other two";
    test(
      `${runtime}, precreate ${registered}: attached once, DNS and hosts by files of berth's own, also in a read-only container; the host's stay`,
      withPodman({ files, runtime, lab: { domain: "lab.example" } }, async (lab, { must, image }) => {
        const etc = await privateEtc(lab, lab.worker);
        const before = treeOf(etc);
        const look =
          "ip -4 -o addr show eth0; echo; cat /etc/resolv.conf; echo; cat /etc/hosts; echo; cat /proc/mounts";
        for (const more of [[], ["--read-only"]]) {
          const words = ["--net", "none", "--hostname", "www", ...more, image, "sh", "-c", look];
          const shown = await must("run", "--rm", ...words);
          const [address = "", resolv = "", hosts = "", mounts = ""] = shown.split("\n\n");
          const ip = /inet (10\.88\.0\.\d+)\/24/.exec(address)?.[1];
          assert.ok(ip, shown);
          assert.match(resolv, "search lab.example\nnameserver 10.88.0.1");
          assert.match(hosts, `${ip}\twww`);
          assert.match(mounts, " /etc/resolv.conf ");
          assert.match(mounts, " /etc/hosts ");
          await assertClean(lab);
        }
        assert.equal(treeOf(etc), before);
        assert.equal(
          events(lab).map(({ event }) => event),
          ["attached", "released", "attached", "released"],
        );
      }),
    );
  }

  test(
    `${runtime}: the containers of a pod share one attachment, which goes with the pod`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      const infra = ["--infra", "--infra-image", image, "--infra-command", "sleep 1000"];
      await must("pod", "create", "--name", "shop", "--network", "none", ...infra);
      await must("run", "-d", "--pod", "shop", "--name", "web", image, "httpd", "-f", "-h", "/www");
      const record = onlyRecord(lab);
      const ip = record.lease?.address ?? "";
      assert.is(await fetchPage(lab.peer, ip), "berth");
      assert.match(await must("run", "--rm", "--pod", "shop", image, "ip", "-4", "-o", "addr"), ip);
      await must("rm", "-f", "-t", "0", "web");
      assert.equal(records(lab), [record]);
      await must("pod", "rm", "-f", "-t", "0", "shop");
      await assertClean(lab);
    }),
  );
}

for (const runtime of ["runc", "crun"] as const) {
  test(
    `${runtime}: the quadlet example, by the commands of its service: the same MAC and address each time it is started`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      const cidfile = `${lab.directory}/web1.cid`;
      const { words, stopWords } = quadlet(cidfile, image);
      // Splitting a cgroup is for a service of systemd's.
      const own = words.filter((word) => word !== "--cgroups=split");
      const once = async () => {
        await must("run", ...own, "httpd", "-f", "-h", "/www");
        const { mac, lease, identity } = onlyRecord(lab);
        assert.is(await fetchPage(lab.peer, lease?.address ?? ""), "berth");
        await must("rm", "--time", "0", ...stopWords);
        // As a podman that has quadlets does itself.
        rmSync(cidfile);
        await assertClean(lab);
        return { mac, address: lease?.address, identity };
      };
      const first = await once();
      assert.is(first.identity, "hostname:web1");
      assert.equal(await once(), first);
    }),
  );
}

test(
  "precreate leaves a container in the host's namespace alone, and lets createRuntime say what is wrong with a wish",
  withPodman({ files: [precreate] }, async (lab, { podman, must, image }) => {
    assert.match(await must("run", "--rm", "--net", "host", image, "ip", "-o", "link"), "br0");
    const failed = await podman("run", "--rm", "--net", "none", "--annotation", "io.berth.ip=x", image, "true");
    assert.is.not(failed.code, 0);
    assert.match(failed.stderr, /annotation io\.berth\.ip: \\*"x\\*" will not do/);
    await assertClean(lab);
  }),
);

test.run();
