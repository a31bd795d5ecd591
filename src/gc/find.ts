/**
 * The world against the records. The records are listed *before* the ports and the containers: whatever is being made
 * right now has its record first, so it can never look like garbage. What is found here is suspected only; whoever acts
 * looks again under the container's lock (collect.ts).
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { containerLives } from "../lease/life.ts";
import { attachmentsDir, claimsDir, containerDir, type Directories, ownFilesDir, recordPath } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { type Listed, recordedContainers, recordsOf } from "../lease/store.ts";
import { type ContainerId, type Ifname, parseContainerId, parseMac } from "../net/address.ts";
import type { Netns } from "../netns/enter.ts";
import { damageOf } from "./damage.ts";
import type { Finding } from "./finding.ts";
import { ownPorts } from "./ports.ts";

/** Files that are younger may be somebody's work in progress, in milliseconds. */
const YOUNG = 60_000;

const names = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

const isOld = (path: string): boolean => {
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs > YOUNG;
};

const exists = (dirs: Directories, id: ContainerId, ifname: Ifname): boolean =>
  statSync(recordPath(dirs, id, ifname), { throwIfNoEntry: false }) !== undefined;

const ofRecord = (record: AttachmentRecord, home: Netns): readonly Finding[] => {
  const { id, ifname, addresses } = record;
  if (!containerLives(record)) return [{ kind: "ended", id, ifname, addresses }];
  if (record.state === "acquiring") return [{ kind: "abandoned", id, ifname }];
  if (record.state === "released") return [];
  const damage = damageOf(record, home);
  return damage.length === 0 ? [] : [{ kind: "broken", id, ifname, damage }];
};

const ofListed = (id: ContainerId, listed: Listed, home: Netns): readonly Finding[] =>
  listed.ok
    ? ofRecord(listed.record, home)
    : [{ kind: "unreadable", id, ifname: listed.ifname, path: listed.path, why: listed.why }];

/** Half-written files, and directories whose record never came. */
const temporaries = (dirs: Directories): readonly Finding[] =>
  [attachmentsDir(dirs), ...recordedContainers(dirs).map((id) => containerDir(dirs, id))]
    .flatMap((directory) => {
      const inside = names(directory);
      const leftovers = inside.filter((name) => name.endsWith(".tmp")).map((name) => `${directory}/${name}`);
      return inside.length === 0 && directory !== attachmentsDir(dirs) ? [directory] : leftovers;
    })
    .filter(isOld)
    .map((path) => ({ kind: "stray-temporary", path }) as const);

const strayClaims = (dirs: Directories): readonly Finding[] =>
  names(claimsDir(dirs)).flatMap((name): Finding[] => {
    const mac = parseMac(name);
    if (mac === undefined) return [];
    let text = "";
    try {
      text = readFileSync(`${claimsDir(dirs)}/${name}`, "latin1");
    } catch {
      return [];
    }
    const [id = "", ifname = ""] = text.split("\n");
    return exists(dirs, id as ContainerId, ifname as Ifname) ? [] : [{ kind: "stray-claim", mac }];
  });

/** Whether any process sees files of this directory mounted: mountinfo(5) names their path on the file system. */
const mountedSomewhere = (id: ContainerId): boolean => {
  const seen = new Set<string>();
  for (const pid of names("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const namespace = String(statSync(`/proc/${pid}/ns/mnt`).ino);
      if (seen.has(namespace)) continue;
      seen.add(namespace);
      if (readFileSync(`/proc/${pid}/mountinfo`, "latin1").includes(`/files/${id}/`)) return true;
    } catch {
      // The process has ended.
    }
  }
  return false;
};

const strayFiles = (dirs: Directories): readonly Finding[] =>
  names(`${dirs.runDir}/files`).flatMap((name): Finding[] => {
    const id = parseContainerId(name);
    if (id === undefined || recordsOf(dirs, id).length > 0) return [];
    const path = ownFilesDir(dirs, id);
    return isOld(path) && !mountedSomewhere(id) ? [{ kind: "stray-files", id, path }] : [];
  });

export const findGarbage = (dirs: Directories, home: Netns): readonly Finding[] => {
  const listed = recordedContainers(dirs).flatMap((id) => recordsOf(dirs, id).map((one) => ({ id, one })));
  const ports = ownPorts(dirs);
  return [
    ...listed.flatMap(({ id, one }) => ofListed(id, one, home)),
    ...ports
      .filter(({ id, ifname, release }) => release || !exists(dirs, id, ifname))
      .map(({ id, ifname, port, release }) => ({ kind: "stray-port", id, ifname, port, release }) as const),
    ...strayClaims(dirs),
    ...strayFiles(dirs),
    ...temporaries(dirs),
  ];
};
