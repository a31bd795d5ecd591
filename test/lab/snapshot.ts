/** The state of a host, to be compared before and after. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { berthDirs } from "./bundle.ts";
import type { Host } from "./host.ts";
import type { Lab } from "./lab.ts";

type Row = Readonly<Record<string, unknown>>;

const rows = async (host: Host, ...args: readonly string[]): Promise<readonly Row[]> =>
  JSON.parse((await host.must("ip", "-j", ...args)) || "[]");

/** Links, addresses and routes, without what changes by itself (states, lifetimes, IPv6 addresses of the kernel's). */
export const networkOf = async (host: Host): Promise<unknown> => {
  const links = await rows(host, "link");
  return {
    links: links.map(({ ifname, address, mtu, master, ifalias }) => ({ ifname, address, mtu, master, ifalias })),
    addresses: (await rows(host, "-4", "addr")).map(({ ifname, addr_info }) => ({ ifname, addr_info })),
    routes: await rows(host, "-4", "route", "show", "table", "all"),
  };
};

/** Every entry below a directory (by find(1): Bun's recursive readdir follows links) with its type and digest. Paths for which `skip` is true are left out. */
export const treeOf = (directory: string, skip: (path: string) => boolean = () => false): readonly string[] =>
  execFileSync("find", [directory, "-mindepth", "1", "-printf", "%P\\0"], { encoding: "utf8", maxBuffer: 1 << 26 })
    .split("\0")
    .filter((path) => path !== "" && !skip(path))
    .sort()
    .map((path) => {
      const status = lstatSync(`${directory}/${path}`);
      if (status.isSymbolicLink()) return `${path} -> ${readlinkSync(`${directory}/${path}`)}`;
      if (!status.isFile()) return `${path} ${status.mode.toString(8)}`;
      const digest = createHash("sha256").update(readFileSync(`${directory}/${path}`));
      return `${path} ${status.mode.toString(8)} ${digest.digest("hex")}`;
    });

/**
 * Gives a host a copy of /etc of its own, in its private mount namespace, so that no test can harm the machine's.
 * Returns where the copy is.
 */
export const privateEtc = async (lab: Lab, host: Host): Promise<string> => {
  const copy = `${lab.directory}/etc-${host.name}`;
  await host.must("cp", "-a", "/etc", copy);
  await host.must("mount", "--bind", copy, "/etc");
  return copy;
};

/** Empty directories in the place of /run and /var/lib of a host: whatever is made there by mistake can be seen. */
export const privateRun = async (host: Host): Promise<() => Promise<string>> => {
  for (const path of ["/run", "/var/lib"]) await host.must("mount", "-t", "tmpfs", "tmpfs", path);
  // mount(8) itself keeps its notes in /run/mount.
  return () => host.must("find", "/run", "/var/lib", "-mindepth", "1", "-not", "-path", "/run/mount*");
};

/** What lies in the lab's directory beside what berth and the server write as a matter of course. */
export const labTree = (lab: Lab): readonly string[] => {
  const { runDir, stateDir } = berthDirs(lab);
  const usual = [runDir, stateDir].map((path) => path.slice(lab.directory.length + 1));
  const servers = ["dnsmasq", "bundles"];
  return treeOf(lab.directory, (path) =>
    [...usual, ...servers].some((name) => path === name || path.startsWith(`${name}/`)),
  );
};
