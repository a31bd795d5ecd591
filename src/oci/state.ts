/**
 * The state of a container as a runtime writes it to a hook's standard input (runtime-spec, runtime.md, "State"). At
 * poststop runc leaves `pid` out and crun says 0; both add keys of their own, which pass.
 */
import type { Result } from "neverthrow";
import * as z from "zod/mini";
import { type ContainerId, parseContainerId } from "../net/address.ts";
import { type DocumentError, parseDocument } from "./document.ts";

const absolutePath = z
  .string()
  .check(z.refine((text) => /^\/[^\0\n]{0,4094}$/.test(text), { error: "must be an absolute path" }));

/** Annotations; Go writes null for a map that is not there. */
export const annotationsSchema = z._default(z.nullable(z.optional(z.record(z.string(), z.string()))), {});

const stateSchema = z.object({
  id: z.custom<ContainerId>((value) => typeof value === "string" && parseContainerId(value) !== undefined, {
    error: "must be 1 to 200 characters of A-Z a-z 0-9 _ + . -",
  }),
  pid: z._default(z.nullable(z.optional(z.int().check(z.minimum(0), z.maximum(4194304)))), 0),
  bundle: absolutePath,
  annotations: annotationsSchema,
});

export type OciState = {
  readonly id: ContainerId;
  /** Null: there is no process (any more). */
  readonly pid: number | null;
  readonly bundle: string;
  readonly annotations: Readonly<Record<string, string>>;
};

export const parseState = (text: string): Result<OciState, DocumentError> =>
  parseDocument("the container's state on standard input", stateSchema, text).map(
    ({ id, pid, bundle, annotations }) => ({
      id,
      pid: pid === null || pid === 0 ? null : pid,
      bundle,
      annotations: annotations ?? {},
    }),
  );
