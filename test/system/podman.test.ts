/** podman with the hooks directory as installed: `podman --hooks-dir … run --net none`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fetchPage } from "../lab/fetchPage.ts";
import { assertClean, events, onlyRecord, ports, records } from "../lab/look.ts";
import { withPodman } from "../lab/podman.ts";
import { privateEtc, treeOf } from "../lab/snapshot.ts";

const test = suite("podman");

const firstLook = "ip -4 -o addr show eth0; echo; ip route; echo; cat /etc/resolv.conf; echo; cat /etc/hosts";
/** The web server binds the leased address itself: that fails where the address is not there yet. */
const bindOwnAddress = 'exec httpd -f -h /www -p "$(ip -4 -o addr show eth0 | cut -d" " -f7 | cut -d/ -f1):80"';

for (const runtime of ["runc", "crun"] as const) {
  test(
    `${runtime}: --net none is on the LAN from its first instruction, with DNS; the host's files stay; --rm gives all back`,
    withPodman({ runtime, lab: { domain: "lab.example" } }, async (lab, { must, image }) => {
      const etc = await privateEtc(lab, lab.worker);
      const before = treeOf(etc);
      const words = ["--net", "none", "--hostname", "www", image, "sh", "-c", firstLook];
      const [address = "", routes = "", resolv = "", hosts = ""] = (await must("run", "--rm", ...words)).split("\n\n");
      const ip = /inet (10\.88\.0\.\d+)\/24/.exec(address)?.[1];
      assert.ok(ip, address);
      assert.match(routes, "default via 10.88.0.1 dev eth0");
      assert.match(resolv, "search lab.example\nnameserver 10.88.0.1");
      assert.match(hosts, `${ip}\twww`);
      assert.equal(treeOf(etc), before);
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: a server in the background is reached from the LAN at once, and by exec`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      await must("run", "-d", "--name", "web1", "--net", "none", image, "sh", "-c", bindOwnAddress);
      const { lease, mac, port } = onlyRecord(lab);
      const ip = lease?.address ?? "";
      assert.equal(lab.server.leases(), [{ ip, mac }]);
      assert.equal(await ports(lab.worker), [port]);
      assert.is(await fetchPage(lab.peer, ip), "berth");
      assert.match(await must("exec", "web1", "ip", "-4", "-o", "addr", "show", "eth0"), ip);
      await must("rm", "--force", "--time", "0", "web1");
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: an annotation chooses a static address`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      const annotation = "io.berth.ip=10.88.0.9/24@10.88.0.1";
      const words = ["--net", "none", "--annotation", annotation, image, "sh", "-c", "ip -4 -o addr; ip route"];
      const shown = await must("run", "--rm", ...words);
      assert.match(shown, "inet 10.88.0.9/24");
      assert.match(shown, "default via 10.88.0.1 dev eth0");
      assert.not.match(lab.server.log(), "DHCPDISCOVER");
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: a container in a user namespace of its own is on the LAN too, and owns its resolv.conf`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      const mapped = ["--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536"];
      const look =
        "cat /proc/self/uid_map; ip -4 -o addr show eth0; ip route; cat /etc/resolv.conf; stat -c %u /etc/resolv.conf";
      const shown = await must("run", "--rm", "--net", "none", ...mapped, image, "sh", "-c", look);
      assert.match(shown, /^\s*0\s+100000\s+65536\n.*inet 10\.88\.0\.\d+\/24/);
      assert.match(shown, "default via 10.88.0.1 dev eth0");
      assert.match(shown, /nameserver 10\.88\.0\.1\n0$/);
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: --net host is left alone`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      assert.match(await must("run", "--rm", "--net", "host", image, "ip", "-o", "link"), "br0");
      assert.not.match(lab.server.log(), "DHCPDISCOVER");
      await assertClean(lab);
    }),
  );

  test(
    `${runtime}: --net container:X shares what X has, and neither its start nor its end touches it`,
    withPodman({ runtime }, async (lab, { must, image }) => {
      await must("run", "-d", "--name", "web1", "--net", "none", image, "httpd", "-f", "-h", "/www");
      const record = onlyRecord(lab);
      const ip = record.lease?.address ?? "";
      const joined = await must(
        "run",
        "--rm",
        "--net",
        "container:web1",
        image,
        "ip",
        "-4",
        "-o",
        "addr",
        "show",
        "eth0",
      );
      assert.match(joined, `inet ${ip}/24`);
      assert.equal(records(lab), [record]);
      const [, other] = events(lab);
      assert.is(other?.["event"], "not-ours", JSON.stringify(other));
      assert.equal(lab.server.leases(), [{ ip, mac: record.mac }]);
      assert.is(await fetchPage(lab.peer, ip), "berth");
      await must("rm", "--force", "--time", "0", "web1");
      await assertClean(lab);
    }),
  );
}

test.run();
