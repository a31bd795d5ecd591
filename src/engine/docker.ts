/**
 * What Docker knows of a container and tells no runtime: its name, its labels, and whether Docker gives it a network.
 *
 * The bundle's mount of /etc/resolv.conf comes from Docker's own directory of the container,
 * `<data-root>/containers/<id>/`; beside it lie config.v2.json and hostconfig.json, which only root can write. No
 * interface of Docker's, so what is not as expected means "unknown" and never a failure.
 */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import * as z from "zod/mini";
import type { Facts } from "../config/plan.ts";
import { readUpTo } from "../host/files.ts";
import type { ContainerId } from "../net/address.ts";
import { annotations } from "../oci/field.ts";

const nothing: Facts = { engineName: null };

const mostBytes = 4 * 1024 * 1024;

const configSchema = z.object({
  ID: z.string(),
  Name: z.catch(z.string(), ""),
  Config: z.catch(z.object({ Labels: z.catch(annotations, new Map()) }), { Labels: new Map() }),
});

const hostConfigSchema = z.object({ NetworkMode: z.catch(z.string(), "") });

/** As much of a bundle, or of a record, as tells where Docker keeps its files of the container. */
type Mounted = { readonly mounts: readonly { readonly destination: string; readonly source: string | null }[] };

/** The container's directory, where the mount's source has Docker's form for exactly this id. */
const directoryOf = ({ mounts }: Mounted, id: ContainerId): string | null => {
  if (!/^[0-9a-f]{64}$/.test(id)) return null;
  const source = mounts.findLast(({ destination }) => destination === "/etc/resolv.conf")?.source ?? "";
  const tail = `/containers/${id}/resolv.conf`;
  const root = source.endsWith(tail) ? source.slice(0, -tail.length) : null;
  if (root === null || !/^\/[^\0]*$/.test(root) || /\/(?:\.{0,2})(?:\/|$)/.test(root)) return null;
  return source.slice(0, -"/resolv.conf".length);
};

/** Root's (or ours), writable by nobody else, with one name. */
const isTrusted = (fd: number): boolean => {
  const { uid, mode, nlink, size } = fstatSync(fd);
  const isFile = (mode & constants.S_IFMT) === constants.S_IFREG;
  return (
    isFile && (uid === 0 || uid === process.geteuid?.()) && (mode & 0o022) === 0 && nlink === 1 && size <= mostBytes
  );
};

/** The document in a file of the directory; undefined where there is none that can be trusted. */
const readDocument = (directory: number, name: string): unknown => {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
  try {
    const fd = openSync(`/proc/self/fd/${directory}/${name}`, flags);
    try {
      return isTrusted(fd) ? JSON.parse(new TextDecoder().decode(readUpTo(fd, mostBytes))) : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
};

/** Docker's own names begin with a slash; the character set is that of its RestrictedNamePattern. */
const nameOf = (name: string): string | null => /^\/([A-Za-z0-9][A-Za-z0-9_.-]{1,250})$/.exec(name)?.[1] ?? null;

const readFacts = (directory: number, id: ContainerId): Facts => {
  const config = z.safeParse(configSchema, readDocument(directory, "config.v2.json"));
  if (!config.success || config.data.ID !== id) return nothing;
  const hostConfig = z.safeParse(hostConfigSchema, readDocument(directory, "hostconfig.json"));
  return {
    engineName: nameOf(config.data.Name),
    labels: config.data.Config.Labels,
    // Docker's for certain, so without a mode nobody may take an empty namespace for one that stays empty.
    networkMode: hostConfig.success ? hostConfig.data.NetworkMode : "",
  };
};

const inDirectory = <T>(mounted: Mounted, id: ContainerId, fallback: T, read: (directory: number) => T): T => {
  const path = directoryOf(mounted, id);
  if (path === null) return fallback;
  try {
    const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      return read(directory);
    } finally {
      closeSync(directory);
    }
  } catch {
    return fallback;
  }
};

/** What Docker's files say of this container; nothing where it is not Docker's, or where they cannot be trusted. */
export const engineFacts = (mounted: Mounted, id: ContainerId): Facts =>
  inDirectory(mounted, id, nothing, (directory) => readFacts(directory, id));

/** What Docker calls the container now; null where it is not Docker's. */
export const dockerName = (mounted: Mounted, id: ContainerId): string | null =>
  inDirectory(mounted, id, null, (directory) => {
    const config = z.safeParse(configSchema, readDocument(directory, "config.v2.json"));
    return config.success && config.data.ID === id ? nameOf(config.data.Name) : null;
  });
