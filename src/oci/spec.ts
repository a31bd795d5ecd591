/**
 * What berth reads of a bundle's config.json (runtime-spec, config.md and config-linux.md). All else passes unseen: the
 * runtime has checked it already.
 */
import type { Result } from "neverthrow";
import * as z from "zod/mini";
import { type DocumentKind, type OciError, parseDocument } from "./document.ts";
import { type Annotations, annotations, list, orNull, path } from "./field.ts";

const namespace = z.object({ type: z.string(), path: orNull(z.string()) });

const mount = z.object({
  destination: z.string(),
  source: orNull(z.string()),
  type: orNull(z.string()),
  options: list(z.string()),
});

const schema = z.object({
  hostname: orNull(z.string()),
  root: z.object({ path }),
  process: orNull(z.object({ env: list(z.string()) })),
  linux: orNull(z.object({ namespaces: list(namespace) })),
  mounts: list(mount),
  annotations,
});

export type OciNamespace = Readonly<z.output<typeof namespace>>;
export type OciMount = Readonly<z.output<typeof mount>>;

export type OciSpec = {
  /** As written, not checked to be a host name. */
  readonly hostname: string | null;
  /** Absolute, or relative to the bundle. */
  readonly rootPath: string;
  /** `NAME=value`, as execve takes them. */
  readonly env: readonly string[];
  readonly namespaces: readonly OciNamespace[];
  readonly mounts: readonly OciMount[];
  readonly annotations: Annotations;
};

export const mostSpecBytes = 16 * 1024 * 1024;

const kind: DocumentKind = {
  name: "the bundle's config.json",
  most: mostSpecBytes,
  todo: "have it made again by whatever makes the bundle",
};

/** At most 16 MiB. Unknown keys pass, null is as good as absent. Errors: `empty`, `too-large`, `syntax`, `invalid`. */
export const parseSpec = (text: string): Result<OciSpec, OciError> =>
  parseDocument(kind, schema, text).map((spec) => ({
    hostname: spec.hostname,
    rootPath: spec.root.path,
    env: spec.process?.env ?? [],
    namespaces: spec.linux?.namespaces ?? [],
    mounts: spec.mounts,
    annotations: spec.annotations,
  }));
