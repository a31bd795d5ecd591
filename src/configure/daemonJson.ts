/**
 * daemon.json of Docker, edited in place: what is not berth's keeps its bytes. Pure, text in, text out.
 * Keys: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
 */
import { applyEdits, type Edit, modify, type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { err, ok, type Result } from "neverthrow";

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The document; an empty file is an empty object, as dockerd has it. The error is a clause: "line 3, column 5: …". */
export const parseDaemonJson = (text: string): Result<Json, string> => {
  if (text.trim() === "") return ok({});
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (first !== undefined) {
    const lines = text.slice(0, first.offset).split("\n");
    return err(`line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: ${printParseErrorCode(first.error)}`);
  }
  if (!isObject(value)) return err("it is no JSON object");
  if (value["runtimes"] !== undefined && !isObject(value["runtimes"])) return err("its runtimes are no object");
  return ok(value);
};

/** The indentation and the end of a line that the file has. */
const layoutOf = (text: string): { readonly indent: string; readonly eol: string } => ({
  indent: /^([ \t]+)"/m.exec(text)?.[1] ?? "  ",
  eol: text.includes("\r\n") ? "\r\n" : "\n",
});

/** A value laid out for its place, `depth` levels deep. */
const laidOut = (value: unknown, depth: number, { indent, eol }: ReturnType<typeof layoutOf>): string =>
  JSON.stringify(value, null, indent)
    .split("\n")
    .join(`${eol}${indent.repeat(depth)}`);

/**
 * jsonc-parser says where the edit is. It would also lay out what stands beside it anew, which is not ours to do; so its
 * edits are taken bare, and laid out here.
 */
const set = (text: string, path: readonly string[], value: unknown): string => {
  const layout = layoutOf(text);
  const key = JSON.stringify(path.at(-1));
  const start = `${layout.eol}${layout.indent.repeat(path.length)}`;
  const edits = modify(text, [...path], value, {}).map((edit): Edit => {
    if (value === undefined || edit.content === "") return edit;
    const member = `${start}${key}: ${laidOut(value, path.length, layout)}`;
    // A parent that is missing too comes as one edit, with its own key.
    const bare = edit.content.replace(/^,/, "");
    if (edit.length > 0 || !bare.startsWith(`${key}:`))
      return { ...edit, content: laidOutEdit(edit, path, value, layout) };
    if (edit.content.startsWith(",")) return { ...edit, content: `,${member}` };
    const close = `${layout.eol}${layout.indent.repeat(path.length - 1)}`;
    return { ...edit, content: `${member}${close}` };
  });
  return applyEdits(text, edits);
};

/** A replaced value, or a member whose parents are made with it. */
const laidOutEdit = (
  edit: Edit,
  path: readonly string[],
  value: unknown,
  layout: ReturnType<typeof layoutOf>,
): string => {
  if (edit.length > 0) return laidOut(value, path.length, layout);
  const [first = "", ...rest] = path;
  const made = rest.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  const member = `${layout.eol}${layout.indent}${JSON.stringify(first)}: ${laidOut(made, 1, layout)}`;
  return edit.content.startsWith(",") ? `,${member}` : `${member}${layout.eol}`;
};

export type RuntimeEntry = { readonly path: string; readonly runtimeArgs?: readonly string[] };

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** With the runtime, and with it as the default if wished. A text that says so already comes back as it is. */
export const withRuntime = (
  before: string,
  name: string,
  entry: RuntimeEntry,
  setAsDefault: boolean,
): Result<string, string> =>
  parseDaemonJson(before).map((value) => {
    const runtimes = isObject(value["runtimes"]) ? value["runtimes"] : {};
    const start = before.trim() === "" ? "{}\n" : before;
    const added = same(runtimes[name], entry) ? start : set(start, ["runtimes", name], entry);
    return setAsDefault && value["default-runtime"] !== name ? set(added, ["default-runtime"], name) : added;
  });

/**
 * Without it. `previous`: what the default was before berth became it; null: Docker's own, which is then named: a dockerd (20.10) that
 * runs keeps a default which is not in the file any more, and a reload that takes away that very runtime makes it panic.
 */
export const withoutRuntime = (before: string, name: string, previous: string | null): Result<string, string> =>
  parseDaemonJson(before).map((value) => {
    let text = before;
    if (value["default-runtime"] === name) text = set(text, ["default-runtime"], previous ?? "runc");
    const runtimes = isObject(value["runtimes"]) ? value["runtimes"] : {};
    if (!Object.hasOwn(runtimes, name)) return text;
    const last = Object.keys(runtimes).length === 1;
    return set(text, last ? ["runtimes"] : ["runtimes", name], undefined);
  });
