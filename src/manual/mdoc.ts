/**
 * Text in mdoc(7), the language of manual pages: what is not a macro is escaped, a sentence begins on a line of its own, and
 * characters beyond ASCII are named.
 */

/** groff(7), "Escape Sequences": a character that would mean something to the formatter. */
const escaped = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replace(
      /[^\x20-\x7e]/gu,
      (one) => `\\[u${(one.codePointAt(0) ?? 0x20).toString(16).toUpperCase().padStart(4, "0")}]`,
    );

/** A line that begins with a dot would be a macro. */
const line = (text: string): string => text.replace(/^\./, "\\&.");

const widest = 78;

/** mandoc(1) wants lines that fit a terminal. */
const wrapped = (text: string): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= widest) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map(line);
};

/** Prose: mandoc(1) wants every sentence on a line of its own. Words with dashes are not broken at them. */
export const prose = (text: string): readonly string[] =>
  text
    .replace(/\s+/g, " ")
    .trim()
    .split(/(?<=[.!?][)"']?) (?=[A-Z0-9"'(-])/)
    .map((sentence) => escaped(sentence).replace(/(^|[ (["])(-{1,2}[a-z])/g, (found) => found.replaceAll("-", "\\-")))
    .flatMap(wrapped);

/** Lines as they stand, indented. */
export const literal = (lines: readonly string[]): readonly string[] => [
  ".Bd -literal -offset indent",
  ...lines.map((text) => line(escaped(text).replaceAll("-", "\\-"))),
  ".Ed",
];

/** Arguments of a macro that are no macros themselves. */
export const words = (text: string): string =>
  text
    .split(" ")
    .map((word) => `${/^[A-Z][a-z]$/.test(word) ? "\\&" : ""}${escaped(word)}`)
    .join(" ");

/** Paragraphs with `.Pp` between them. */
export const paragraphs = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text, at) => [...(at === 0 ? [] : [".Pp"]), ...prose(text)]);
