/** The container of a record, as the keeper meets it: still the same process, still in the namespace that was recorded. */
import { err, type Result } from "neverthrow";
import { isAlive } from "../host/process.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { closeNetns, type Netns, type NetnsError, openNetnsOf } from "../netns/enter.ts";

export type Gone = { readonly kind: "gone"; readonly why: string };

/** Whether the record's process, by pid and start time, still lives. */
export const containerLives = ({ pid, pidStart }: AttachmentRecord): boolean => isAlive(pid, pidStart);

/** Runs `work`, which is synchronous, with the container's namespace open; an open namespace would outlive the container. */
export const withContainerNetns = <T, E>(
  record: AttachmentRecord,
  work: (netns: Netns) => Result<T, E>,
): Result<T, E | NetnsError | Gone> => {
  if (!containerLives(record)) return err({ kind: "gone", why: `its process ${record.pid} is gone` });
  const netns = openNetnsOf(record.pid);
  if (netns.isErr()) return err(netns.error);
  try {
    if (String(netns.value.inode) !== record.netns)
      return err({ kind: "gone", why: `its process ${record.pid} is in another network namespace` });
    return work(netns.value);
  } finally {
    closeNetns(netns.value);
  }
};
