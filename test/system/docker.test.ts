/** Docker with berth-runtime: `docker run --net none --runtime berth`, on a real dockerd. */
// @limit 600
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs } from "../lab/bundle.ts";
import { assertAllReleased, withDocker } from "../lab/docker.ts";
import { fetchPage } from "../lab/fetchPage.ts";
import type { Lab } from "../lab/lab.ts";
import { assertNothingLeft, events, onlyRecord, records } from "../lab/look.ts";
import { treeOf } from "../lab/snapshot.ts";
import { until } from "../lab/until.ts";

const test = suite("docker");

const berth = ["--net", "none", "--runtime", "berth"] as const;
const server = ["httpd", "-f", "-h", "/www"] as const;
const firstLook = "ip -4 -o addr show eth0; echo; ip route; echo; cat /etc/resolv.conf; echo; cat /etc/hosts";

const addressOf = (lab: Lab): string => onlyRecord(lab).lease?.address ?? "";

for (const runtime of ["runc", "crun"] as const) {
  test(
    `${runtime}: the first instruction sees the leased address, DNS and name; the host's files stay; --rm gives all back`,
    withDocker({ runtime, lab: { domain: "lab.example" } }, async (lab, { must, image }) => {
      const hostFiles = () => ["/etc/resolv.conf", "/etc/hosts"].map((path) => readFileSync(path, "utf8"));
      const before = hostFiles();
      const words = [...berth, "--name", "web1", "--hostname", "www", image, "sh", "-c", firstLook];
      const [address = "", routes = "", resolv = "", hosts = ""] = (await must("run", "--rm", ...words)).split("\n\n");
      const ip = /inet (10\.88\.0\.\d+)\/24/.exec(address)?.[1];
      assert.ok(ip, address);
      assert.match(routes, "default via 10.88.0.1 dev eth0");
      assert.match(resolv, "search lab.example\nnameserver 10.88.0.1");
      assert.match(hosts, `${ip}\twww`);
      assert.equal(hostFiles(), before);
      await assertAllReleased(lab);
    }),
  );

  test(
    `${runtime}: a server in the background is reached from the LAN and by exec; stop, kill and rm -f give all back`,
    withDocker({ runtime }, async (lab, { must, image }) => {
      const bindOwn = 'exec httpd -f -h /www -p "$(ip -4 -o addr show eth0 | cut -d" " -f7 | cut -d/ -f1):80"';
      for (const end of [["stop", "--time", "1"], ["kill"], ["rm", "-f"]]) {
        await must("run", "-d", "--name", "web1", ...berth, image, "sh", "-c", bindOwn);
        const ip = addressOf(lab);
        assert.is(onlyRecord(lab).identity, "name:web1");
        assert.is(await fetchPage(lab.peer, ip), "berth");
        assert.match(await must("exec", "web1", "ip", "-4", "-o", "addr", "show", "eth0"), ip);
        await must(...end, "web1");
        await assertAllReleased(lab);
        if (end[0] !== "rm") await must("rm", "web1");
      }
    }),
  );

  test(
    `${runtime}: exit codes, a process that ends at once, standard input and a terminal are the container's`,
    withDocker({ runtime }, async (lab, { docker, env, image }) => {
      assert.is((await docker("run", "--rm", ...berth, image, "sh", "-c", "exit 42")).code, 42);
      assert.is((await docker("run", "--rm", ...berth, image, "true")).code, 0);
      const piped = { env, input: "through the pipe\n" };
      const cat = await lab.worker.execWith(piped, "docker", "run", "--rm", "-i", ...berth, image, "cat");
      assert.is(cat.stdout, "through the pipe");
      const words = [
        "docker",
        "run",
        "--rm",
        "-it",
        ...berth,
        image,
        "sh",
        "-c",
        "test -t 0 && ip -4 -o addr show eth0",
      ];
      const onTerminal = await lab.worker.execWith(
        { env },
        "script",
        "-qec",
        words.map((word) => `'${word}'`).join(" "),
        "/dev/null",
      );
      assert.is(onTerminal.code, 0, onTerminal.stdout);
      assert.match(onTerminal.stdout, /inet 10\.88\.0\./);
      await assertAllReleased(lab);
    }),
  );
}

test(
  "a command that does not exist, and one that is killed for its memory: nothing is left",
  withDocker({}, async (lab, { docker, must, image }) => {
    const missing = await docker("run", "--rm", ...berth, image, "/no/such/command");
    assert.is(missing.code, 127, missing.stderr);
    assert.match(missing.stderr, "/no/such/command");
    await assertAllReleased(lab);
    const hungry = "x=a; while :; do x=$x$x; done";
    await docker("run", "--name", "hungry", "--memory", "16m", ...berth, image, "sh", "-c", hungry);
    assert.is(await must("inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", "hungry"), "true 137");
    await assertAllReleased(lab);
  }),
);

test(
  "restart, and rm and run under the same name: the same MAC and address",
  withDocker({}, async (lab, { must, image }) => {
    const look = () => {
      const { mac, lease } = onlyRecord(lab);
      return { mac, address: lease?.address };
    };
    await must("run", "-d", "--name", "web1", ...berth, image, ...server);
    const first = look();
    await must("restart", "--time", "0", "web1");
    assert.equal(look(), first);
    assert.is(await fetchPage(lab.peer, String(first.address)), "berth");
    await must("rm", "-f", "web1");
    await assertAllReleased(lab);
    await must("run", "-d", "--name", "other", ...berth, image, ...server);
    assert.is.not(look().mac, first.mac);
    await must("rm", "-f", "other");
    await must("run", "-d", "--name", "web1", ...berth, image, ...server);
    assert.equal(look(), first);
    await must("rm", "-f", "web1");
    await assertAllReleased(lab);
  }),
);

test(
  "a crash loop of ten rounds has one MAC, and nothing piles up",
  withDocker({}, async (lab, { must, image }) => {
    await must("run", "-d", "--name", "crash", "--restart", "on-failure:10", ...berth, image, "false");
    await until(
      "the loop is over",
      async () => (await must("inspect", "-f", "{{.State.Status}} {{.RestartCount}}", "crash")) === "exited 10",
      120_000,
    );
    await assertAllReleased(lab);
    const attached = events(lab).filter(({ event }) => event === "attached");
    assert.is(attached.length, 11);
    assert.is(new Set(attached.map(({ mac, addresses }) => `${mac} ${addresses}`)).size, 1);
  }),
);

test(
  "dockerd killed with -9, with live-restore: the container keeps its address, and a stop gives it back",
  withDocker({ liveRestore: true }, async (lab, { must, image, killAndRestart }) => {
    await must("run", "-d", "--name", "web1", ...berth, image, ...server);
    const record = onlyRecord(lab);
    await killAndRestart();
    assert.equal(onlyRecord(lab), record);
    assert.is(await must("inspect", "-f", "{{.State.Status}}", "web1"), "running");
    assert.is(await fetchPage(lab.peer, record.lease?.address ?? ""), "berth");
    await must("stop", "--time", "0", "web1");
    await assertAllReleased(lab);
  }),
);

test(
  "dockerd killed with -9, without live-restore: the container ends with the next daemon, and all is given back",
  withDocker({}, async (lab, { must, image, killAndRestart }) => {
    await must("run", "-d", "--name", "web1", ...berth, image, ...server);
    await killAndRestart();
    assert.is(await must("inspect", "-f", "{{.State.Status}}", "web1"), "exited");
    await assertAllReleased(lab);
  }),
);

test(
  "options by label and by variable; a label wins",
  withDocker({}, async (lab, { docker, must, image }) => {
    const variables = ["-e", "BERTH_IP=10.88.0.8/24@10.88.0.1", "-e", "BERTH_MAC=02:00:5e:10:00:07"];
    const labels = ["--label", "io.berth.ip=10.88.0.9/24@10.88.0.1", "--label", "other=a\nb"];
    const words = [...variables, ...labels, ...berth, image, "sh", "-c", "ip addr show eth0; ip route"];
    const shown = await must("run", "--rm", ...words);
    assert.match(shown, "inet 10.88.0.9/24");
    assert.match(shown, "02:00:5e:10:00:07");
    assert.match(shown, "default via 10.88.0.1");
    for (const [label, says] of [
      ["io.berth.ip=a\nb", 'label io.berth.ip: "a\\nb" will not do'],
      ["io.berth.adress=x", 'label "io.berth.adress": unknown option'],
      ["io.berth.network=dmz", 'label io.berth.network: there is no network "dmz"'],
    ] as const) {
      const refused = await docker("run", "--rm", "--label", label, ...berth, image, "true");
      assert.is(refused.code, 125);
      assert.ok(refused.stderr.includes(says.replaceAll('"', '\\"')) || refused.stderr.includes(says), refused.stderr);
    }
    await assertAllReleased(lab);
  }),
);

test(
  "twenty at once have twenty addresses, and all goes away",
  withDocker({}, async (lab, { must, image }) => {
    const names = Array.from({ length: 20 }, (_, at) => `web${at}`);
    await Promise.all(names.map((name) => must("run", "-d", "--name", name, ...berth, image, ...server)));
    assert.is(new Set(records(lab).map(({ lease }) => lease?.address)).size, 20);
    assert.is(lab.server.leases().length, 20);
    await must("rm", "-f", ...names);
    await assertAllReleased(lab);
  }),
);

const impatient = '{"networks":{"default":{"bridge":"br0","dhcp":{"timeout":1}}}}';

for (const runtime of ["runc", "crun"] as const) {
  test(
    `${runtime}: a DHCP server that is down: docker run fails, and nothing is left`,
    withDocker({ runtime, config: impatient }, async (lab, { docker, image }) => {
      await lab.server.stop();
      const failed = await docker("run", "--rm", ...berth, image, "true");
      assert.is.not(failed.code, 0);
      // crun 1.8.1 keeps a hook's words for itself; syslog and the event log have them.
      const reason = runtime === "runc" ? failed.stderr : JSON.stringify(events(lab));
      assert.match(reason, /network default: no DHCP server offered an address/);
      await until("the records are gone", () => records(lab).length === 0);
      await assertNothingLeft(lab);
      assert.equal(
        treeOf(`${berthDirs(lab).runDir}`).filter((path) => path.includes("files/")),
        [],
      );
    }),
  );
}

test.run();
