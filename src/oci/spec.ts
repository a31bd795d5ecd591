/** What berth reads of a bundle's config.json (runtime-spec, config.md). Everything else passes unseen. */
import type { Result } from "neverthrow";
import * as z from "zod/mini";
import { type DocumentError, parseDocument } from "./document.ts";
import { annotationsSchema } from "./state.ts";

const text = z.string();
const orNull = <T extends z.ZodMiniType>(schema: T) => z.nullable(z.optional(schema));

const specSchema = z.object({
  hostname: orNull(text),
  root: orNull(z.object({ path: text.check(z.regex(/^[^\0]{1,4096}$/)) })),
  process: orNull(z.object({ env: orNull(z.array(text)) })),
  mounts: orNull(z.array(z.object({ destination: text, source: orNull(text) }))),
  linux: orNull(z.object({ namespaces: orNull(z.array(z.object({ type: text, path: orNull(text) }))) })),
  annotations: annotationsSchema,
});

export type OciSpec = {
  readonly hostname: string | null;
  readonly rootPath: string;
  readonly env: readonly string[];
  readonly mounts: readonly { readonly destination: string; readonly source: string | null }[];
  readonly namespaces: readonly { readonly type: string; readonly path: string | null }[];
  readonly annotations: Readonly<Record<string, string>>;
};

/** `path` is only for the message. */
export const parseSpec = (path: string, content: string): Result<OciSpec, DocumentError> =>
  parseDocument(path, specSchema, content).map((spec) => ({
    hostname: spec.hostname ?? null,
    rootPath: spec.root?.path ?? "rootfs",
    env: spec.process?.env ?? [],
    mounts: (spec.mounts ?? []).map(({ destination, source }) => ({ destination, source: source ?? null })),
    namespaces: (spec.linux?.namespaces ?? []).map(({ type, path }) => ({ type, path: path ?? null })),
    annotations: spec.annotations ?? {},
  }));
