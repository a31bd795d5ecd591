/** Additions to a JSON text that leave every other byte as it is. The text is Latin-1, one character a byte. */
import { err, ok, type Result } from "neverthrow";
import { elements, members, type Span, wholeValue } from "./scan.ts";

export type SpliceError = { readonly kind: "not-an-object" | "not-an-array"; readonly path: string };

/** One character a byte, every byte kept. */
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
export const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

const json = (value: unknown): string => latin1(new TextEncoder().encode(JSON.stringify(value)));

const replace = (text: string, { start, end }: Span, by: string): string =>
  `${text.slice(0, start)}${by}${text.slice(end)}`;

const insert = (text: string, at: number, what: string): string => replace(text, { start: at, end: at }, what);

/** Behind the last of `parts`, or as the first of what begins at `start`. */
const behind = (text: string, start: number, parts: readonly Span[], what: string): string => {
  const last = parts.at(-1);
  return last === undefined ? insert(text, start + 1, what) : insert(text, last.end, `,${what}`);
};

/** The member that counts: of two with the same key the last, as every parser has it. */
const memberOf = (text: string, object: Span, key: string): Span | undefined =>
  text.charAt(object.start) === "{"
    ? members(text, object.start).findLast((member) => member.key === key)?.value
    : undefined;

/** Where the value at a path of keys is; undefined: nowhere. */
export const locate = (text: string, path: readonly string[]): Span | undefined =>
  path.reduce<Span | undefined>(
    (at, key) => (at === undefined ? undefined : memberOf(text, at, key)),
    wholeValue(text),
  );

const nested = (keys: readonly string[], inner: string): string =>
  keys.reduceRight((built, key) => `{${JSON.stringify(key)}:${built}}`, inner);

/**
 * Adds `values` to the end of the array at a path of keys; what is missing or null on the way is made. Errors: something
 * on the way is of another type.
 */
export const append = (
  text: string,
  path: readonly string[],
  values: readonly unknown[],
): Result<string, SpliceError> => {
  if (values.length === 0) return ok(text);
  const list = values.map(json).join(",");
  let at = wholeValue(text);
  for (const [depth, key] of path.entries()) {
    const rest = nested(path.slice(depth), `[${list}]`);
    if (text.startsWith("null", at.start)) return ok(replace(text, at, rest));
    if (text.charAt(at.start) !== "{") return err({ kind: "not-an-object", path: path.slice(0, depth).join(".") });
    const next = memberOf(text, at, key);
    if (next === undefined) {
      const parts = members(text, at.start).map(({ value }) => value);
      return ok(behind(text, at.start, parts, rest.slice(1, -1)));
    }
    at = next;
  }
  if (text.startsWith("null", at.start)) return ok(replace(text, at, `[${list}]`));
  if (text.charAt(at.start) !== "[") return err({ kind: "not-an-array", path: path.join(".") });
  return ok(behind(text, at.start, elements(text, at.start), list));
};

/**
 * Gives one member of the document another value: `change` gets the text of the value, `null` where there is no such member, and
 * returns the new one. All else is looked at once only, which counts in a document of a hundred kilobytes.
 */
export const changeMember = <E>(
  text: string,
  key: string,
  change: (value: string) => Result<string, E>,
): Result<string, E> => {
  const { start } = wholeValue(text);
  const all = members(text, start);
  const at = all.findLast((member) => member.key === key)?.value;
  const before = at === undefined ? "null" : text.slice(at.start, at.end);
  return change(before).map((after) => {
    if (after === before) return text;
    if (at !== undefined) return replace(text, at, after);
    const parts = all.map(({ value }) => value);
    return behind(text, start, parts, `${JSON.stringify(key)}:${after}`);
  });
};

/** The elements of the array at a path of keys, each with where it is; none where there is no array. */
export const listAt = (
  text: string,
  path: readonly string[],
): readonly { readonly span: Span; readonly value: unknown }[] => {
  const at = locate(text, path);
  if (at === undefined || text.charAt(at.start) !== "[") return [];
  return elements(text, at.start).map((span) => ({
    span,
    value: JSON.parse(new TextDecoder().decode(bytesOf(text.slice(span.start, span.end)))),
  }));
};

/** Gives the string at `path`, seen from the element that begins at `start`, another value. */
export const setString = (text: string, start: number, key: string, value: string): string => {
  const member = members(text, start).findLast((candidate) => candidate.key === key);
  return member === undefined ? text : replace(text, member.value, json(value));
};
