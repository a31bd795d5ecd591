/**
 * `./install.sh --demo`: a production network in namespaces, a container on it through real runc with berth's hooks, and the
 * proof of each claim. Leaves nothing behind, however it ends.
 */
import { readFileSync } from "node:fs";
import { type Bundle, makeBundle } from "../test/lab/bundle.ts";
import { fetchPage } from "../test/lab/fetchPage.ts";
import { type Lab, makeLab } from "../test/lab/lab.ts";
import { events, onlyRecord, ports } from "../test/lab/look.ts";
import { makeRuntime, type Runtime } from "../test/lab/runtime.ts";
import { until } from "../test/lab/until.ts";
import { dim, heading, moment, picture, print, proven } from "./demo/screen.ts";

/** The container's first instruction writes down what it sees; then the web server binds the address itself. */
const script = `
  { ip -4 -o addr show eth0; ip route; cat /etc/resolv.conf; } > /www/first.txt
  date +%s.%N > /first
  exec httpd -f -h /www -p "$(ip -4 -o addr show eth0 | cut -d' ' -f7 | cut -d/ -f1):80"`;

const check = (claim: string, holds: boolean, seen: string): void => {
  if (!holds) throw new Error(`${claim}: not so. Seen: ${seen}`);
  proven(claim);
};

const first = (bundle: Bundle): string => readFileSync(`${bundle.rootfs}/www/first.txt`, "utf8");

/** The hook's own profile, indented below the line that it explains. */
const wrapped = (parts: readonly string[]): string => {
  const rows = [parts.slice(0, 5), parts.slice(5, 10), parts.slice(10)].filter((row) => row.length > 0);
  return rows.map((row) => `${" ".repeat(15)}${dim(row.join(", "))}`).join("\n");
};

const start = async (lab: Lab, runtime: Runtime, bundle: Bundle): Promise<string> => {
  heading("Starting a container with runc: createRuntime");
  const began = Date.now();
  const started = await runtime.start(bundle);
  if (started.code !== 0) throw new Error(`runc: ${started.stderr}`);
  const record = onlyRecord(lab);
  const ip = record.lease?.address ?? "";
  const page = await fetchPage(lab.peer, ip);
  const fetched = Date.now();
  const attached = events(lab).find(({ event }) => event === "attached");
  const took = Number(attached?.["tookMs"]);
  const hookEnded = new Date(String(attached?.["time"])).getTime();
  moment(0, "runc run");
  moment(hookEnded - took - began, "the hook starts, the container does not exist yet");
  moment(hookEnded - began, `${ip} leased, configured and announced, in ${took} ms`);
  print(wrapped(Object.entries(attached?.["steps"] ?? {}).map(([step, ms]) => `${step} ${Number(ms).toFixed(1)}`)));
  moment(fetched - began, "another host has fetched a page from it");
  heading("What there is now");
  const { port, mac } = record;
  print(picture({ server: "10.88.0.1", peer: "10.88.0.2", port, address: ip, mac, name: "web1" }));
  heading("What that means");
  const seen = first(bundle);
  check("its first instruction saw the address", seen.includes(`inet ${ip}/24`), seen);
  check("and the default route", seen.includes("default via 10.88.0.1"), seen);
  check("and the LAN's name server and domain", /search lab\.example\nnameserver 10\.88\.0\.1/.test(seen), seen);
  check("a server that binds that very address answers the LAN", page.trim() === "berth", page);
  const leases = lab.server.leases();
  check(
    "the DHCP server's own lease file has it",
    leases.some((lease) => lease.ip === ip && lease.mac === mac),
    JSON.stringify(leases),
  );
  return ip;
};

const stop = async (lab: Lab, runtime: Runtime, bundle: Bundle): Promise<void> => {
  heading("Stopping it: poststop");
  const began = performance.now();
  await runtime.stop(bundle);
  await until("the server has taken the lease back", () => lab.server.leases().length === 0);
  moment(performance.now() - began, "killed, deleted, released");
  check("the server's lease file is empty", lab.server.leases().length === 0, "a lease");
  const left = await ports(lab.worker);
  check("the port is gone", left.length === 0, left.join(" "));
};

const demo = async (lab: Lab): Promise<void> => {
  const runtime = makeRuntime(lab, "runc");
  const bundle = makeBundle(lab, { id: "web1", hostname: "web1", script, hookEnv: ["BERTH_TRACE=1"] });
  const ip = await start(lab, runtime, bundle);
  await stop(lab, runtime, bundle);
  heading("Starting it once more");
  const again = makeBundle(lab, { id: "web1", hostname: "web1", script });
  const started = await runtime.start(again);
  if (started.code !== 0) throw new Error(`runc: ${started.stderr}`);
  const record = onlyRecord(lab);
  check(
    `the same address again, ${ip}, because its host name is its identity`,
    record.lease?.address === ip,
    String(record.lease?.address),
  );
  await runtime.stop(again);
};

const main = async (): Promise<number> => {
  let lab: Lab | undefined;
  let leaving: Promise<void> | undefined;
  const leave = (): Promise<void> => {
    leaving ??= lab?.destroy() ?? Promise.resolve();
    return leaving;
  };
  const interrupted = new Promise<number>((resolve) => {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const)
      process.on(signal, () => resolve(code));
  });
  const run = async (): Promise<number> => {
    print("berth: a container on the production network, before its process starts.");
    print("An embedded network is being built in network namespaces ...");
    lab = await makeLab({ server: "dnsmasq", domain: "lab.example" });
    await demo(lab);
    heading("Done.");
    return 0;
  };
  const running = run().catch((thrown: unknown) => {
    process.stderr.write(`demo: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return 1;
  });
  const code = await Promise.race([running, interrupted]);
  if (code > 128) print("\nInterrupted: cleaning up ...");
  // A lab that is still being built is torn down when it stands.
  await until("the network stands", () => lab !== undefined || code === 1, 30_000).catch(() => {});
  await leave();
  print("Everything is removed again: namespaces, bridge, server, container, files.");
  return code;
};

process.exit(await main());
