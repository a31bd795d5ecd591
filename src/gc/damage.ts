/**
 * Is a living container's attachment as its record says? Looked up in /sys (the port) and, from inside the container's
 * namespace for microseconds, in /proc/self/net (addresses, routes): no process is started, so every container can be
 * looked at every minute.
 */
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { ok } from "neverthrow";
import { withContainerNetns } from "../keeper/container.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { ipv4ToBytes, parseIpv4 } from "../net/address.ts";
import { inNetns, type Netns } from "../netns/enter.ts";
import type { Damage } from "./finding.ts";

const text = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
};

const IFF_UP = 1;

const portDamage = ({ port, bridge }: AttachmentRecord): readonly Damage[] => {
  const at = `/sys/class/net/${port}`;
  if (!existsSync(at)) return ["the port is gone"];
  const damage: Damage[] = [];
  let master = "";
  try {
    master = basename(readlinkSync(`${at}/master`));
  } catch {
    // Without a master.
  }
  if (master !== bridge) damage.push("the port is off the bridge");
  if ((Number(text(`${at}/flags`)) & IFF_UP) === 0) damage.push("the port is down");
  return damage;
};

/** /proc/net/route has addresses as a hexadecimal number in the host's byte order. */
const hostOrder = (address: string): string => {
  const ipv4 = parseIpv4(address);
  if (ipv4 === undefined) return "";
  return Buffer.from(ipv4ToBytes(ipv4).slice().reverse()).toString("hex").toUpperCase();
};

const maskOf = (prefix: number): string => {
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return hostOrder([24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join("."));
};

/** "Iface Destination Gateway Flags RefCnt Use Metric Mask …" */
const routesOf = (ifname: string): ReadonlySet<string> =>
  new Set(
    text("/proc/self/net/route")
      .split("\n")
      .slice(1)
      .map((row) => row.split("\t"))
      .filter(([name]) => name === ifname)
      .map(([, to = "", via = "", , , , , mask = ""]) => `${to}/${mask} ${via}`),
  );

/** Local addresses: in the trie each stands on the line before "/32 host LOCAL". */
const localAddresses = (): ReadonlySet<string> => {
  const rows = text("/proc/self/net/fib_trie").split("\n");
  return new Set(
    rows.flatMap((row, at) =>
      row.includes("/32 host LOCAL") ? (/\d+\.\d+\.\d+\.\d+/.exec(rows[at - 1] ?? "")?.[0] ?? []) : [],
    ),
  );
};

const insideDamage = ({ ifname, addresses, routes }: AttachmentRecord): readonly Damage[] => {
  const devices = text("/proc/self/net/dev").split("\n").slice(2);
  if (!devices.some((row) => row.slice(0, row.lastIndexOf(":")).trim() === ifname)) return ["the interface is gone"];
  const damage: Damage[] = [];
  const local = localAddresses();
  if (addresses.some((address) => !address.includes(":") && !local.has(address.split("/")[0] ?? "")))
    damage.push("an address is missing");
  const present = routesOf(ifname);
  const missing = routes.some(({ to, via }) => {
    const [network = "", prefix = "32"] = to.split("/");
    if (network.includes(":")) return false;
    return !present.has(`${hostOrder(network)}/${maskOf(Number(prefix))} ${hostOrder(via ?? "0.0.0.0")}`);
  });
  if (missing) damage.push("a route is missing");
  return damage;
};

/** Nothing: all is well, or the container is gone, which is another matter. */
export const damageOf = (record: AttachmentRecord, home: Netns): readonly Damage[] => {
  const inside = withContainerNetns(record, (netns) => inNetns(netns, home, () => ok(insideDamage(record)))).unwrapOr(
    [],
  );
  const unfinished: readonly Damage[] = record.replacing === null ? [] : ["a change was not finished"];
  return [...portDamage(record), ...inside, ...unfinished];
};
