/**
 * The runtime's documents from text to a value that a schema has checked. Whatever the text is, the answer is a value or
 * one line that says what is wrong, where, and what to do.
 */
import { err, ok, type Result } from "neverthrow";
import * as z from "zod/mini";
import { findSyntaxProblem } from "./jsonSyntax.ts";
import { firstIssue } from "./schemaIssue.ts";

/** `message` is one line of printable ASCII, complete: what it is about, what is wrong, what to do. */
export type OciError = {
  readonly kind: "empty" | "too-large" | "syntax" | "invalid" | "unreadable";
  readonly message: string;
};

/** A document: what it is called in messages, how many UTF-16 code units it may have, what to do when it is wrong. */
export type DocumentKind = { readonly name: string; readonly most: number; readonly todo: string };

const parseJson = (text: string): { readonly value: unknown } | null => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // A SyntaxError, or a RangeError where the nesting is deeper than the stack.
    return null;
  }
};

const syntaxText = (text: string): string => {
  const problem = findSyntaxProblem(text, "any");
  return problem === null ? "" : ` at line ${problem.line}, column ${problem.column}: ${problem.reason}`;
};

/** Errors: `empty`, `too-large`, `syntax`, `invalid`. */
export const parseDocument = <Schema extends z.ZodMiniType>(
  { name, most, todo }: DocumentKind,
  schema: Schema,
  text: string,
): Result<z.output<Schema>, OciError> => {
  if (text.length > most) return err({ kind: "too-large", message: `${name} is larger than ${most} bytes: ${todo}` });
  if (text.trim() === "") return err({ kind: "empty", message: `${name} is empty: ${todo}` });
  const json = parseJson(text);
  if (json === null) return err({ kind: "syntax", message: `${name} is not JSON${syntaxText(text)}: ${todo}` });
  const parsed = z.safeParse(schema, json.value);
  if (parsed.success) return ok(parsed.data);
  const { path, reason } = firstIssue(parsed.error.issues, json.value);
  return err({ kind: "invalid", message: `${name} is invalid${path === "" ? "" : ` at ${path}`}: ${reason}: ${todo}` });
};
