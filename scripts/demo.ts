/**
 * `./install.sh --demo`: a production network in namespaces, a container on it through real runc with berth's hooks, and the
 * proof of each claim. Leaves nothing behind, however it ends.
 */
import { statSync } from "node:fs";
import { type Bundle, makeBundle } from "../test/lab/bundle.ts";
import { fetchPage } from "../test/lab/fetchPage.ts";
import { type Lab, makeLab } from "../test/lab/lab.ts";
import { events, onlyRecord, ports } from "../test/lab/look.ts";
import { makeRuntime, type Runtime } from "../test/lab/runtime.ts";
import { until } from "../test/lab/until.ts";
import { dim, heading, moment, picture, print, proven } from "./demo/screen.ts";

/** The container's first instruction writes down what it sees, as a page; then the web server binds the address itself. */
const script = `
  : > /www/first
  { ip -4 -o addr show eth0; ip route; cat /etc/resolv.conf; } > /www/index.html
  nslookup web1.lab.example >> /www/index.html 2>&1
  exec httpd -f -h /www -p "$(ip -4 -o addr show eth0 | cut -d' ' -f7 | cut -d/ -f1):80"`;

const check = (claim: string, holds: boolean, seen: string): void => {
  if (!holds) throw new Error(`${claim}: not so. Seen: ${seen}`);
  proven(claim);
};

/** When the container's first instruction ran, by the file that it made. */
const firstRan = (bundle: Bundle): number => statSync(`${bundle.rootfs}/www/first`).mtimeMs;

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
  const steps = Object.entries(attached?.["steps"] ?? {}).map(([step, ms]) => ({ step, ms: Number(ms) }));
  const took = steps.reduce((sum, { ms }) => sum + ms, 0);
  const hookEnded = new Date(String(attached?.["time"])).getTime();
  moment(0, "runc run");
  moment(hookEnded - took - began, "the hook starts, the container does not exist yet");
  moment(hookEnded - began, `${ip} leased, configured and announced, in ${took.toFixed(1)} ms`);
  print(wrapped(steps.map(({ step, ms }) => `${step} ${ms.toFixed(1)}`)));
  moment(firstRan(bundle) - began, "the container's first instruction");
  moment(fetched - began, "another host has fetched a page from it");
  heading("What there is now");
  const { port, mac } = record;
  print(picture({ server: "10.88.0.1", peer: "10.88.0.2", port, address: ip, mac, name: "web1" }));
  heading("What that means");
  check("its first instruction saw the address", page.includes(`inet ${ip}/24`), page);
  check("and the default route", page.includes("default via 10.88.0.1"), page);
  check("and the LAN's name server and domain", /search lab\.example\nnameserver 10\.88\.0\.1/.test(page), page);
  check(
    "which knows the container by its name, web1.lab.example",
    new RegExp(`Name:\\s+web1\\.lab\\.example\\s+Address[^:]*: ${ip.replaceAll(".", "\\.")}\\b`).test(page),
    page,
  );
  check("a server that binds that very address answers the LAN", page.length > 0, page);
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

/** `goOn` throws when the demo was interrupted. */
const demo = async (lab: Lab, goOn: () => void): Promise<void> => {
  goOn();
  const runtime = makeRuntime(lab, "runc");
  const bundle = makeBundle(lab, { id: "web1", hostname: "web1", script, hookEnv: ["BERTH_TRACE=1"] });
  const ip = await start(lab, runtime, bundle);
  goOn();
  await stop(lab, runtime, bundle);
  goOn();
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
  // What is under way when a signal comes is ended, not broken off: the next step then does not begin.
  const interrupt = new AbortController();
  let interrupted: number | null = null;
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    process.on(signal, () => {
      if (interrupted === null) print("\nInterrupted: cleaning up ...");
      interrupted ??= code;
      interrupt.abort();
    });
  print("berth: a container on the production network, before its process starts.");
  print("An embedded network is being built in network namespaces ...");
  let lab: Lab | undefined;
  let failed = false;
  try {
    lab = await makeLab({ server: "dnsmasq", domain: "lab.example", shielded: true });
    await demo(lab, () => interrupt.signal.throwIfAborted());
  } catch (thrown) {
    failed = true;
    if (interrupted === null)
      process.stderr.write(`demo: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  }
  await lab?.destroy();
  print("\nEverything is removed again: namespaces, bridge, server, container, files.");
  return interrupted ?? (failed ? 1 : 0);
};

process.exit(await main());
