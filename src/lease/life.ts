/**
 * What an attachment's life hangs on: the container's process; or, where an operator attached a bare namespace, the path by
 * which somebody keeps it.
 */
import { existsSync, statSync } from "node:fs";
import { isAlive } from "../host/process.ts";
import type { AttachmentRecord } from "./record.ts";

export type Life =
  | { readonly kind: "process"; readonly pid: number; readonly pidStart: number }
  | { readonly kind: "netns"; readonly path: string; readonly inode: bigint };

/** Whether what was seen still lives. A number alone, of a process or an inode, may be somebody else's by now. */
export const lives = (life: Life): boolean => {
  if (life.kind === "process") return isAlive(life.pid, life.pidStart);
  return statSync(life.path, { bigint: true, throwIfNoEntry: false })?.ino === life.inode;
};

type Lived = Pick<AttachmentRecord, "pid" | "pidStart" | "netnsPath" | "netns" | "state" | "port">;

/**
 * Whether the container of a record still lives: the same process, by pid and start time. A namespace without a process: the
 * path is still of the same inode and, because inodes are given anew, the port whose other end lies in it is still there.
 */
export const containerLives = ({ pid, pidStart, netnsPath, netns, state, port }: Lived): boolean => {
  if (pid !== null && pidStart !== null) return isAlive(pid, pidStart);
  if (netnsPath === null) return false;
  const same = lives({ kind: "netns", path: netnsPath, inode: BigInt(netns) });
  return same && (state === "acquiring" || existsSync(`/sys/class/net/${port}`));
};

/** Where the container's network namespace can be opened while it lives. */
export const netnsPathOf = ({ pid, netnsPath }: Pick<AttachmentRecord, "pid" | "netnsPath">): string =>
  pid === null ? (netnsPath ?? "") : `/proc/${pid}/ns/net`;

/** `its process 123`; `the namespace /run/netns/blue`. */
export const lifeText = ({ pid, netnsPath }: Pick<AttachmentRecord, "pid" | "netnsPath">): string =>
  pid === null ? `the namespace ${netnsPath ?? ""}` : `its process ${pid}`;
