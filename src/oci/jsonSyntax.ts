/**
 * Where a text stops being JSON (RFC 8259), in the words of an editor: line and column. JSON.parse of this runtime tells
 * neither, takes the last of two equal keys without a word, and says "stack overflow" of a text that is nested too deep.
 */
import { quote } from "../log/quote.ts";

/** Line and column count from 1; a column is a UTF-16 code unit. */
export type SyntaxProblem = { readonly line: number; readonly column: number; readonly reason: string };

/** Whether an object may have a key twice. JSON.parse takes the last. */
export type Keys = "unique" | "any";

const deepest = 128;

type Cursor = { readonly text: string; readonly keys: Keys; at: number };
type Found = { readonly at: number; readonly reason: string } | null;

const skipSpace = (cursor: Cursor): void => {
  while (" \t\r\n".includes(cursor.text.charAt(cursor.at)) && cursor.at < cursor.text.length) cursor.at += 1;
};

const here = ({ text, at }: Cursor, expected: string): Found => {
  const code = text.codePointAt(at);
  const found = code === undefined ? "the end of the text" : quote(String.fromCodePoint(code));
  return { at, reason: `expected ${expected}, found ${found}` };
};

const string = (cursor: Cursor, expected: string): Found => {
  const { text } = cursor;
  if (text.charAt(cursor.at) !== '"') return here(cursor, expected);
  const start = cursor.at;
  for (cursor.at += 1; cursor.at < text.length; cursor.at += 1) {
    const unit = text.charAt(cursor.at);
    if (unit === '"') {
      cursor.at += 1;
      return null;
    }
    if (unit < " ") return { at: cursor.at, reason: "a control character inside a string must be escaped" };
    if (unit !== "\\") continue;
    const escaped = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(cursor.at + 1, cursor.at + 6));
    if (escaped === null) return { at: cursor.at, reason: "an escape that JSON does not have" };
    cursor.at += escaped[0].length;
  }
  return { at: start, reason: "a string without its closing quote" };
};

const scalar = (cursor: Cursor): Found => {
  const word = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.+-])/.exec(
    cursor.text.slice(cursor.at, cursor.at + 400),
  );
  if (word === null) return here(cursor, "a value");
  cursor.at += word[0].length;
  return null;
};

const keyOf = (cursor: Cursor, seen: Set<string>): Found => {
  const start = cursor.at;
  const problem = string(cursor, "a key in double quotes");
  if (problem !== null) return problem;
  const key = String(JSON.parse(cursor.text.slice(start, cursor.at)));
  if (cursor.keys === "unique" && seen.has(key)) return { at: start, reason: `the key ${quote(key)} is there twice` };
  seen.add(key);
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) !== ":") return here(cursor, "a colon");
  cursor.at += 1;
  return null;
};

const members = (cursor: Cursor, depth: number, close: "}" | "]"): Found => {
  const seen = new Set<string>();
  cursor.at += 1;
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) === close) {
    cursor.at += 1;
    return null;
  }
  while (true) {
    skipSpace(cursor);
    const problem = (close === "}" ? keyOf(cursor, seen) : null) ?? value(cursor, depth);
    if (problem !== null) return problem;
    skipSpace(cursor);
    const next = cursor.text.charAt(cursor.at);
    if (next !== "," && next !== close) return here(cursor, `a comma or ${quote(close)}`);
    cursor.at += 1;
    if (next === close) return null;
  }
};

const value = (cursor: Cursor, depth: number): Found => {
  if (depth > deepest) return { at: cursor.at, reason: `nested deeper than ${deepest} levels` };
  skipSpace(cursor);
  const first = cursor.text.charAt(cursor.at);
  if (first === "{") return members(cursor, depth + 1, "}");
  if (first === "[") return members(cursor, depth + 1, "]");
  return first === '"' ? string(cursor, "a string") : scalar(cursor);
};

/** The first thing wrong with the text; null: it is JSON with the keys asked for, and at most 128 levels deep. */
export const findSyntaxProblem = (text: string, keys: Keys): SyntaxProblem | null => {
  const cursor: Cursor = { text, keys, at: 0 };
  let problem = value(cursor, 0);
  skipSpace(cursor);
  if (problem === null && cursor.at < text.length) problem = here(cursor, "the end of the text");
  if (problem === null) return null;
  const before = text.slice(0, problem.at);
  const line = before.split("\n").length;
  return { line, column: problem.at - before.lastIndexOf("\n"), reason: problem.reason };
};
