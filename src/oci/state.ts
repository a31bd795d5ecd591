/**
 * The state of a container, as a runtime hands it to a hook on stdin (runtime-spec, runtime.md, "State").
 *
 * runc says `status:"creating"` in createRuntime, crun `"created"`; at poststop runc leaves `pid` out, crun says 0; both
 * add keys of their own.
 */
import type { Result } from "neverthrow";
import * as z from "zod/mini";
import { parseContainerId } from "../net/address.ts";
import { type DocumentKind, type OciError, parseDocument } from "./document.ts";
import { absolutePath, annotations, orNull, parsed } from "./field.ts";

const pid = z.number().check(
  z.refine((value) => Number.isInteger(value) && value >= 0 && value <= 0x7fffffff, {
    error: "a process id",
    abort: true,
  }),
);

const schema = z.object({
  ociVersion: z.string(),
  id: parsed(parseContainerId, "a container id of 1 to 200 characters out of A-Z a-z 0-9 _ + . -"),
  status: z.string(),
  pid: z.pipe(
    orNull(pid),
    z.transform((value) => (value === 0 ? null : value)),
  ),
  bundle: absolutePath,
  annotations,
});

/** `pid` is null where the runtime says none or 0. */
export type OciState = Readonly<z.output<typeof schema>>;

const kind: DocumentKind = {
  name: "the container's state",
  most: 1024 * 1024,
  todo: "a hook is started by an OCI runtime, with the state on its standard input",
};

/** At most 1 MiB. Unknown keys pass. Errors: `empty`, `too-large`, `syntax`, `invalid`. */
export const parseState = (text: string): Result<OciState, OciError> => parseDocument(kind, schema, text);
