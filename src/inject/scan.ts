/**
 * Where the parts of a JSON text are, so that a document can be added to without being written anew: config.json holds
 * numbers above 2^53, and keys of engines and versions that nobody here knows, and every byte of them has to stay.
 *
 * The text has been parsed as JSON already; here nothing is checked again. It is read as Latin-1, one character a byte:
 * every character of JSON's own is ASCII, and what lies between is passed over.
 */

/** Half open, in characters. */
export type Span = { readonly start: number; readonly end: number };
export type Member = { readonly key: string; readonly value: Span };

const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; ; at += 1) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let backslashes = 0;
    while (text.charAt(at - 1 - backslashes) === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
};

const endOfBrackets = (text: string, start: number): number => {
  const mark = /["{}[\]]/g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    if (found[0] === '"') mark.lastIndex = endOfString(text, found.index);
    else depth += found[0] === "{" || found[0] === "[" ? 1 : -1;
    if (depth === 0) return found.index + 1;
  }
  return text.length;
};

const endOfScalar = (text: string, start: number): number => {
  const end = /[\s,\]}]/g;
  end.lastIndex = start;
  return end.exec(text)?.index ?? text.length;
};

const valueAt = (text: string, start: number): Span => {
  const first = text.charAt(start);
  if (first === '"') return { start, end: endOfString(text, start) };
  if (first === "{" || first === "[") return { start, end: endOfBrackets(text, start) };
  return { start, end: endOfScalar(text, start) };
};

/** The next character that is neither white space nor `separator`. */
const skip = (text: string, start: number, separator: string): number => {
  let at = start;
  while (at < text.length && (" \t\r\n".includes(text.charAt(at)) || text.charAt(at) === separator)) at += 1;
  return at;
};

/** The members of the object that begins at `start`, in their order; a key may be there twice. */
export const members = (text: string, start: number): readonly Member[] => {
  const found: Member[] = [];
  for (let at = skip(text, start + 1, ","); at < text.length && text.charAt(at) !== "}"; ) {
    const end = endOfString(text, at);
    const key = String(JSON.parse(text.slice(at, end)));
    const value = valueAt(text, skip(text, end, ":"));
    found.push({ key, value });
    at = skip(text, value.end, ",");
  }
  return found;
};

/** The elements of the array that begins at `start`. */
export const elements = (text: string, start: number): readonly Span[] => {
  const found: Span[] = [];
  for (let at = skip(text, start + 1, ","); at < text.length && text.charAt(at) !== "]"; ) {
    const value = valueAt(text, at);
    found.push(value);
    at = skip(text, value.end, ",");
  }
  return found;
};

/** The document itself. It ends where the text does, but for white space. */
export const wholeValue = (text: string): Span => ({ start: skip(text, 0, ","), end: text.trimEnd().length });
