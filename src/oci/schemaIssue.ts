/**
 * What a schema found wrong, in words for a person: the path of the value as one would write it in JavaScript, what was
 * expected there and what is there instead. zod/mini brings no texts of its own, which keeps it small.
 */
import type * as z from "zod/mini";
import { quote } from "../log/quote.ts";

type Issue = z.core.$ZodIssue;

/** `path` is empty for the document itself. */
export type SchemaIssue = { readonly path: string; readonly reason: string };

const unspoken = "Invalid input";

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((key, at) => {
      if (typeof key === "number") return `[${key}]`;
      const name = String(key);
      if (!/^[A-Za-z_$][A-Za-z0-9_$]{0,59}$/.test(name)) return `[${quote(name)}]`;
      return at === 0 ? name : `.${name}`;
    })
    .join("");

const at = (document: unknown, path: readonly PropertyKey[]): unknown => {
  let value = document;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
};

const shown = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
};

const typeNames: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "an array",
  object: "an object",
  record: "an object",
};

const expectation = (issue: Issue): string => {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map((value) => shown(value)).join(" or ");
    case "too_small":
      return `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    default:
      return "something else";
  }
};

/** The most telling issue of a failed parse of `document`. */
export const firstIssue = (issues: readonly Issue[], document: unknown): SchemaIssue => {
  // A key that is misspelt is told before the one that is therefore missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) return { path: "", reason: "it is not as it should be" };
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys")
    return { path, reason: `unknown key ${issue.keys.slice(0, 3).map(quote).join(", ")}` };
  // The path's last part is the key itself, and the inner issue says what a key has to be.
  if (issue.code === "invalid_key") return { path, reason: issue.issues[0]?.message ?? "a key that is not allowed" };
  const value = at(document, issue.path);
  if (issue.message === unspoken) return { path, reason: `expected ${expectation(issue)}, found ${shown(value)}` };
  const found = typeof value === "object" && value !== null ? "" : `, found ${shown(value)}`;
  return { path, reason: `expected ${issue.message}${found}` };
};
