/** Texts on a terminal: how wide they are, how they are cut, and that none of them speaks to it. */

/** Every character that does not print becomes `?`. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, "?");

/** Columns that the text takes; a Chinese character takes two. */
export const widthOf = (text: string): number => Bun.stringWidth(text);

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The text in at most `width` columns; `mark` is the end of one that was cut. */
export const cut = (text: string, width: number, mark: string): string => {
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(mark);
  if (room <= 0) return mark.slice(0, Math.max(0, width));
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    if (widthOf(kept) + widthOf(segment) > room) break;
    kept += segment;
  }
  return kept + mark;
};

export const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

/** What lines and marks are drawn with. */
export type Glyphs = {
  readonly cut: string;
  readonly branch: string;
  readonly last: string;
  readonly through: string;
  readonly dot: string;
};

const unicode: Glyphs = { cut: "…", branch: "├─ ", last: "└─ ", through: "│  ", dot: " · " };
const ascii: Glyphs = { cut: "~", branch: "|- ", last: "`- ", through: "|  ", dot: " - " };

/** By the locale, as locale(7) says which variable wins. */
export const glyphs = (env: Readonly<Record<string, string | undefined>> = process.env): Glyphs => {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/i.test(locale) ? unicode : ascii;
};

/** As `cut`, for a text that is coloured already. */
export const cutStyled = (text: string, width: number, mark: string): string => {
  const styled = /(\u001b\[[0-9;]*m)/;
  if (widthOf(text) <= width) return text;
  let room = width - widthOf(mark);
  const kept = text.split(styled).map((part) => {
    if (styled.test(part)) return part;
    const shown = widthOf(part) <= room ? part : cut(part, Math.max(0, room), "");
    room = shown === part ? room - widthOf(part) : 0;
    return shown;
  });
  return kept.join("") + mark;
};
