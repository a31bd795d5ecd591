/** What an engine or a runtime answers about a container. Not on the hook path. */
import type { Mount } from "../attach/containerFiles.ts";
import type { ContainerId } from "../net/address.ts";

export type Known = {
  readonly engine: "Docker" | "podman" | "runc" | "crun";
  readonly id: ContainerId;
  /** Null: a runtime's containers have an id only. */
  readonly name: string | null;
  /** The engine's word: `running`, `exited`, `created`, … */
  readonly status: string;
  /** Of the container's first process; null: it has none. */
  readonly pid: number | null;
  /** As it was written, not checked to be one; null: not told. */
  readonly hostname: string | null;
  /** Where its bundle is, if its engine tells; else where its files are. */
  readonly files:
    | { readonly bundle: string }
    | { readonly directory: string; readonly mounts: readonly Mount[] }
    | null;
};

/**
 * `known`: these containers go by that word, normally one. `unasked` is a sentence: an engine is installed here and could
 * not be asked.
 */
export type Answer = { readonly known: readonly Known[]; readonly unasked: string | null };

export const nobody: Answer = { known: [], unasked: null };

/** How long an engine may take, in milliseconds. */
export const engineLimitMs = 5000;
