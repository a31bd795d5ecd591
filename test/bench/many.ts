/**
 * Runs inside the worker: COUNT containers, as far as a keeper is concerned (a process in a network namespace of its own,
 * attached by the hook). Says "attached N" when all are, and ends them all when its standard input ends.
 *
 * Or, with `clients PROGRAM COUNT`, as many namespaces on the bridge with a DHCP client of that name in each.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

const own = readlinkSync("/proc/self/ns/net");
const children: ChildProcess[] = [];

const netnsOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
};

const start = (...words: readonly string[]): ChildProcess => {
  const [program = "true", ...args] = ["setpriv", "--pdeathsig", "KILL", "--", ...words];
  const child = spawn(program, args, { stdio: "ignore" });
  children.push(child);
  return child;
};

/** A process in an empty namespace of its own. */
const sleeper = async (): Promise<number> => {
  const { pid = -1 } = start("unshare", "-n", "sleep", "infinity");
  for (;;) {
    const netns = netnsOf(pid);
    if (netns !== "" && netns !== own && readFileSync(`/proc/${pid}/comm`, "latin1").trim() === "sleep") return pid;
    await Bun.sleep(1);
  }
};

const attachMany = async (count: number, bundle: string, hook: readonly string[]): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    const pid = await sleeper();
    const state = { ociVersion: "1.0.2", id: `many${index}`, status: "creating", pid, bundle };
    const ran = Bun.spawnSync([...hook], {
      stdin: new TextEncoder().encode(JSON.stringify(state)),
      stderr: "pipe",
      cwd: "/",
    });
    if (ran.exitCode !== 0) throw new Error(`attachment ${index}: ${ran.stderr.toString()}`);
  }
};

const run = (...words: readonly string[]): void => {
  const ran = Bun.spawnSync([...words], { stderr: "pipe" });
  if (ran.exitCode !== 0) throw new Error(`${words.join(" ")}: ${ran.stderr.toString()}`);
};

/** The clients' own pids, one a line. */
const clients = async (program: string, count: number, directory: string): Promise<readonly number[]> => {
  const pids: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const pid = await sleeper();
    const port = `cl${index}`;
    run("ip", "link", "add", port, "master", "br0", "type", "veth", "peer", "name", "eth0", "netns", String(pid));
    run("ip", "link", "set", port, "up");
    run("nsenter", "-t", String(pid), "-n", "ip", "link", "set", "eth0", "up");
    const inside = ["nsenter", "-t", String(pid), "-n", "--"];
    const files = ["-lf", `${directory}/dhclient-${index}.leases`, "-pf", `${directory}/dhclient-${index}.pid`];
    const words = {
      udhcpc: [...inside, "busybox", "udhcpc", "-f", "-i", "eth0", "-s", "/bin/true"],
      dhclient: [...inside, "dhclient", "-d", "-sf", "/bin/true", ...files, "eth0"],
    }[program];
    if (words === undefined) throw new Error(program);
    pids.push(start(...words).pid ?? -1);
  }
  return pids;
};

const [what = "", first = "", second = "", ...rest] = process.argv.slice(2);
if (what === "clients") {
  const pids = await clients(first, Number(second), rest[0] ?? "/tmp");
  process.stdout.write(`clients ${pids.join(" ")}\n`);
} else {
  await attachMany(Number(first), second, rest);
  process.stdout.write(`attached ${first}\n`);
}
// setpriv, unshare and nsenter become the program they start, so these are the pids of the programs themselves.
await new Promise((resolve) => process.stdin.on("data", () => {}).on("end", resolve));
for (const child of children) child.kill("SIGKILL");
process.exit(0);
