/** JSON from a runtime or an operator, parsed once by a schema; what is wrong becomes one sentence. */
import { err, ok, type Result } from "neverthrow";
import type * as z from "zod/mini";
import { quote } from "../log/quote.ts";

export type DocumentError = { readonly kind: "document"; readonly message: string };

const failed = (message: string): Result<never, DocumentError> => err({ kind: "document", message });

/** JSON.parse as a value: empty, truncated and bottomless input are errors like any other. */
export const parseJson = (what: string, text: string): Result<unknown, DocumentError> => {
  if (text.trim() === "") return failed(`${what} is empty: expected a JSON object`);
  try {
    return ok(JSON.parse(text));
  } catch (thrown) {
    const why =
      thrown instanceof RangeError ? "it is nested too deeply" : thrown instanceof Error ? thrown.message : "";
    return failed(`${what} is not JSON: ${quote(why)}`);
  }
};

/** The first complaint of a schema, with the path of the key that it is about. */
export const complaint = (issues: readonly z.core.$ZodIssue[]): string => {
  const issue = issues[0];
  if (issue === undefined) return "it is invalid";
  // Where none of several forms fits, the deepest complaint is the telling one.
  if (issue.code === "invalid_union") {
    const inner = issue.errors
      .filter((list) => list.length > 0)
      .sort((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0];
    if (inner?.[0] !== undefined && inner[0].path.length > 0)
      return complaint([{ ...inner[0], path: [...issue.path, ...inner[0].path] }]);
  }
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys")
    return `${path === "" ? "" : `${quote(path)}: `}unknown key ${issue.keys.map(quote).join(", ")}`;
  return `${path === "" ? "the top level" : quote(path)}: ${quote(issue.message).slice(1, -1)}`;
};

export const parseDocument = <T>(what: string, schema: z.ZodMiniType<T>, text: string): Result<T, DocumentError> =>
  parseJson(what, text).andThen((value) => {
    let parsed: ReturnType<typeof schema.safeParse>;
    try {
      parsed = schema.safeParse(value);
    } catch {
      return failed(`${what} is nested too deeply`);
    }
    return parsed.success ? ok(parsed.data) : failed(`${what} is invalid: ${complaint(parsed.error.issues)}`);
  });
