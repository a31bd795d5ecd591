/** One round of garbage collection: what was found, and what became of it. */
import { removeStaleLocks } from "../lease/lock.ts";
import type { Directories } from "../lease/paths.ts";
import type { Event } from "../log/events.ts";
import type { Netns } from "../netns/enter.ts";
import { type Collecting, collect, type Done } from "./collect.ts";
import { findGarbage } from "./find.ts";
import { type Finding, findingText } from "./finding.ts";

export type Collected = { readonly finding: Finding; readonly done: Done };

/** Collects; or only finds. What turned out to be somebody's work in progress is not reported. */
export const collectGarbage = async (collecting: Collecting): Promise<readonly Collected[]> => {
  const collected: Collected[] = [];
  for (const finding of findGarbage(collecting.dirs, collecting.home)) {
    const done = await collect(collecting, finding);
    if (done.kind !== "left") collected.push({ finding, done });
  }
  removeStaleLocks(collecting.dirs);
  return collected;
};

export const findOnly = (dirs: Directories, home: Netns): readonly Collected[] =>
  findGarbage(dirs, home).map((finding) => ({ finding, done: { kind: "reported" } }));

/** One line for a person. */
export const collectedText = ({ finding, done }: Collected): string => {
  switch (done.kind) {
    case "done":
      return `${findingText(finding)}: ${done.what}`;
    case "failed":
      return `${findingText(finding)}: ${done.why}`;
    default:
      return findingText(finding);
  }
};

export const eventOf = (collected: Collected): Event & { readonly message: string } => {
  const { finding, done } = collected;
  const event =
    done.kind === "failed"
      ? "release-failed"
      : finding.kind === "broken"
        ? done.kind === "done"
          ? "repaired"
          : "broken"
        : "garbage";
  return {
    event,
    ...("id" in finding ? { container: finding.id } : {}),
    ...("ifname" in finding ? { ifname: finding.ifname } : {}),
    message: collectedText(collected),
  };
};
