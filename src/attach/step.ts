/** What every step of an attachment works with. */
import type { BridgeDriver } from "../bridge/driver.ts";
import type { PlannedAttachment } from "../config/types.ts";
import type { Life } from "../lease/life.ts";
import type { Directories } from "../lease/paths.ts";
import type { Netns } from "../netns/enter.ts";
import type { ContainerRoot } from "./containerFiles.ts";
import type { UndoStack } from "./undo.ts";

/** The container that is being attached. */
export type Target = {
  readonly life: Life;
  readonly netns: Netns;
  readonly home: Netns;
  /** Where its resolv.conf and hosts are; null: they are not to be written. */
  readonly root: ContainerRoot | null;
};

export type Step = {
  readonly dirs: Directories;
  readonly planned: PlannedAttachment;
  readonly target: Target;
  readonly driver: BridgeDriver;
  readonly undo: UndoStack;
  /** A reason to give up: the container is gone, or we were told to stop. */
  readonly stop: () => string | null;
  readonly signal: AbortSignal;
  /** performance.now() when the work began. */
  readonly started: number;
  /** performance.now() by which all waiting ends. */
  readonly deadline: number;
  /** Bytes, of the link: the bridge's, or lower where the network says so. */
  readonly mtu: number;
};
