/** What an attachment is at this moment: its port on the host, and its interface and resolv.conf in the container. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { ok, type Result } from "neverthrow";
import * as z from "zod/mini";
import { readUpTo } from "../host/files.ts";
import { openInRoot } from "../host/libc.ts";
import { withContainerNetns } from "../keeper/container.ts";
import { containerLives } from "../lease/life.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { inNetns, type Netns } from "../netns/enter.ts";
import { type IpError, ipJson } from "../netns/ip.ts";

export type LivePort = { readonly state: string; readonly bridge: string | null; readonly mtu: number };

export type LiveInterface = {
  readonly mac: string;
  readonly mtu: number;
  readonly state: string;
  readonly addresses: readonly string[];
  readonly gateway: string;
};

export type Live = {
  readonly running: boolean;
  /** Null: it is gone. */
  readonly port: LivePort | null;
  /** Null: it is gone, or the container is. */
  readonly interface: LiveInterface | null;
  /** Name servers of the container's /etc/resolv.conf; null: it cannot be read. */
  readonly dns: readonly string[] | null;
};

const text = (path: string): string => readFileSync(path, "latin1").trim();

const portOf = (port: string): LivePort | null => {
  const at = `/sys/class/net/${port}`;
  try {
    const state = text(`${at}/operstate`);
    const mtu = Number(text(`${at}/mtu`));
    try {
      return { state, mtu, bridge: basename(readlinkSync(`${at}/master`)) };
    } catch {
      return { state, mtu, bridge: null };
    }
  } catch {
    return null;
  }
};

const shownLinks = z.array(
  z.object({
    address: z.string(),
    mtu: z.number(),
    operstate: z.string(),
    addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number(), scope: z.string() })),
  }),
);
const shownRoutes = z.array(z.object({ gateway: z.optional(z.string()) }));

/** From inside the namespace. */
const lookInside = (ifname: string): Result<LiveInterface | null, IpError> => {
  const shown = shownLinks.safeParse(ipJson(["address", "show", "dev", ifname]).unwrapOr([]));
  const [link] = shown.success ? shown.data : [];
  if (link === undefined) return ok(null);
  const routes = shownRoutes.safeParse(ipJson(["route", "show", "default", "dev", ifname]).unwrapOr([]));
  const gateway = routes.success ? (routes.data.find(({ gateway }) => gateway !== undefined)?.gateway ?? "") : "";
  // The kernel makes link-local addresses by itself.
  const addresses = link.addr_info
    .filter(({ scope }) => scope !== "link")
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  return ok({ mac: link.address, mtu: link.mtu, state: link.operstate.toLowerCase(), addresses, gateway });
};

const mostBytes = 1024 * 1024;

/** By a path that is resolved inside the container's root: its image may hold any symbolic link. */
const resolvConf = (pid: number): string | null => {
  let root = -1;
  let fd = -1;
  try {
    root = openSync(`/proc/${pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY);
    fd = openInRoot(root, "/etc/resolv.conf", constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY, 0);
    if (fd < 0 || !fstatSync(fd).isFile()) return null;
    return new TextDecoder().decode(readUpTo(fd, mostBytes));
  } catch {
    return null;
  } finally {
    if (fd >= 0) closeSync(fd);
    if (root >= 0) closeSync(root);
  }
};

/** resolv.conf(5). */
const nameservers = (file: string): readonly string[] =>
  file.split("\n").flatMap((row) => /^nameserver[ \t]+([0-9A-Fa-f.:]+)/.exec(row)?.[1] ?? []);

export const liveState = (record: AttachmentRecord, home: Netns): Live => {
  const running = containerLives(record);
  const seen = withContainerNetns(record, (netns) => inNetns(netns, home, () => lookInside(record.ifname)));
  const file = running && record.pid !== null ? resolvConf(record.pid) : null;
  return {
    running,
    port: portOf(record.port),
    interface: seen.unwrapOr(null),
    dns: file === null ? null : nameservers(file),
  };
};
