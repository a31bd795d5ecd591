/** The container of a record, as the keeper meets it: still the same process, still in the namespace that was recorded. */
import { err, type Result } from "neverthrow";
import { containerLives, lifeText, netnsPathOf } from "../lease/life.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { closeNetns, type Netns, type NetnsError, openNetns } from "../netns/enter.ts";

export type Gone = { readonly kind: "gone"; readonly why: string };

/** Runs `work`, which is synchronous, with the container's namespace open; an open namespace would outlive the container. */
export const withContainerNetns = <T, E>(
  record: AttachmentRecord,
  work: (netns: Netns) => Result<T, E>,
): Result<T, E | NetnsError | Gone> => {
  if (!containerLives(record)) return err({ kind: "gone", why: `${lifeText(record)} is gone` });
  const netns = openNetns(netnsPathOf(record));
  if (netns.isErr()) return err(netns.error);
  try {
    if (String(netns.value.inode) !== record.netns)
      return err({ kind: "gone", why: `the network namespace of ${lifeText(record)} is another one by now` });
    return work(netns.value);
  } finally {
    closeNetns(netns.value);
  }
};
