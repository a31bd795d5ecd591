/**
 * Which records there are, as they come and go. The kernel tells of containers that get their first record or lose their
 * last (their directory comes and goes); everything else is found by looking, which costs one stat a record.
 *
 * fs.watch turns silently deaf when the directory is replaced, so each look compares inodes and watches anew.
 */
import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { makeDirectory } from "../host/files.ts";
import { attachmentsDir, containerDir, type Directories, recordPath } from "../lease/paths.ts";
import { type Listed, listRecord, recordedContainers, recordedInterfaces } from "../lease/store.ts";
import { type ContainerId, parseContainerId } from "../net/address.ts";

export type Watch = {
  /** Looks at all containers' records. */
  readonly look: () => void;
  readonly close: () => void;
};

export type Seen = {
  /** A record that is new or has changed since it was last seen; one that cannot be read too, once a change. */
  readonly onRecord: (id: ContainerId, listed: Listed) => void;
  /** No record of this container's interface any more. */
  readonly onGone: (key: string) => void;
};

export const keyOf = (id: string, ifname: string): string => `${id}/${ifname}`;

/** How often a container whose record is being made is looked at, in milliseconds. */
const YOUNG_EVERY = 200;

/** Changes with every replacement of the file. */
const stampOf = (path: string): string => {
  const status = statSync(path, { throwIfNoEntry: false, bigint: true });
  return status === undefined ? "" : `${status.ino} ${status.mtimeNs}`;
};

export const watchRecords = (dirs: Directories, { onRecord, onGone }: Seen): Watch => {
  const stamps = new Map<string, string>();
  const young = new Set<ContainerId>();
  let watcher: FSWatcher | undefined;
  let watched = "";

  const lookAt = (id: ContainerId): void => {
    const present = new Set<string>();
    let making = false;
    for (const ifname of recordedInterfaces(dirs, id)) {
      const key = keyOf(id, ifname);
      present.add(key);
      const stamp = stampOf(recordPath(dirs, id, ifname));
      if (stamps.get(key) === stamp) {
        making ||= young.has(id);
        continue;
      }
      const listed = listRecord(dirs, id, ifname);
      if (listed === null) {
        present.delete(key);
        continue;
      }
      making ||= listed.ok && listed.record.state === "acquiring";
      stamps.set(key, stamp);
      onRecord(id, listed);
    }
    // The directory is made before its first record, and we are told of the directory.
    const empty = present.size === 0 && existsSync(containerDir(dirs, id));
    if (making || empty) young.add(id);
    else young.delete(id);
    for (const key of stamps.keys()) {
      if (!key.startsWith(`${id}/`) || present.has(key)) continue;
      stamps.delete(key);
      onGone(key);
    }
  };

  const rearm = (): void => {
    const path = attachmentsDir(dirs);
    makeDirectory(path);
    const stamp = String(statSync(path, { throwIfNoEntry: false })?.ino ?? "");
    if (watcher !== undefined && stamp === watched) return;
    watcher?.close();
    watched = stamp;
    try {
      watcher = watch(path, (_event, name) => {
        const id = name === null ? undefined : parseContainerId(String(name));
        if (id !== undefined) lookAt(id);
      });
      watcher.on("error", () => {
        watched = "";
      });
    } catch {
      watcher = undefined;
    }
  };

  const timer = setInterval(() => {
    for (const id of [...young]) lookAt(id);
  }, YOUNG_EVERY);

  return {
    look: () => {
      rearm();
      const ids = new Set<string>(recordedContainers(dirs));
      for (const key of stamps.keys()) ids.add(key.slice(0, key.lastIndexOf("/")));
      for (const id of ids) lookAt(id as ContainerId);
    },
    close: () => {
      clearInterval(timer);
      watcher?.close();
    },
  };
};
