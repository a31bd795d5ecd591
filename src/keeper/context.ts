/** What everything in the keeper works with. */

import type { Directories } from "../lease/paths.ts";
import type { Event } from "../log/events.ts";
import type { Netns } from "../netns/enter.ts";
import type { Metrics } from "./metrics.ts";

export type KeeperContext = {
  readonly dirs: Directories;
  /** The host's network namespace. */
  readonly home: Netns;
  /** Milliseconds since boot, suspend included: the wall clock may jump, this one does not. */
  readonly now: () => number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  /** A lease's next moment has changed. */
  readonly replan: () => void;
  /** One event in the log and one line for the journal. */
  readonly tell: (event: Event & { readonly message: string }) => void;
};
