/**
 * Tables. On a wide terminal a row is a line. On a narrow one every column stands above its partner, so that a row is two
 * lines and nothing is left out; only texts that are longer than there is room for are cut. Elsewhere than on a terminal a row is
 * a line of texts separated by tabs, whole, for `cut` and `awk`.
 */
import type { Style, Styled } from "./colour.ts";
import { cut, type Glyphs, pad, printable, widthOf } from "./text.ts";

export type Cell = { readonly text: string; readonly style?: Style };
export type Row = readonly Cell[];

export type Screen = {
  /** Columns of the terminal. */
  readonly width: number;
  readonly styled: Styled;
  readonly glyphs: Glyphs;
};

const gap = 2;

/** A text may be cut to so many columns before a row becomes two lines. */
const legible = 20;

const texts = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => row.map(({ text, ...style }) => ({ ...style, text: printable(text) || "-" })));

const naturalWidths = (rows: readonly Row[]): readonly number[] =>
  (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]?.text ?? ""))));

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);

/** Takes from the widest until all fit. */
const shrunk = (widths: readonly number[], width: number): readonly number[] => {
  const list = [...widths];
  while (total(list) > width) {
    const widest = list.indexOf(Math.max(...list));
    if ((list[widest] ?? 0) <= 1) break;
    list[widest] = (list[widest] ?? 0) - 1;
  }
  return list;
};

const lineOf = (row: Row, widths: readonly number[], { styled, glyphs }: Screen): string => {
  const cells = widths.map((width, column) => {
    const { text, style } = row[column] ?? { text: "" };
    const shown = cut(text, width, glyphs.cut);
    const filler = column === widths.length - 1 ? "" : pad("", width - widthOf(shown) + gap);
    return `${style === undefined ? shown : styled[style](shown)}${filler}`;
  });
  return cells.join("").trimEnd();
};

/** The second line is indented, so that one sees where a row begins. */
const halves = (row: Row): readonly [Row, Row] => [
  row.filter((_, column) => column % 2 === 0),
  row
    .filter((_, column) => column % 2 === 1)
    .map((cell, column) => (column === 0 ? { ...cell, text: `  ${cell.text}` } : cell)),
];

/**
 * The lines of a table. Neighbouring columns are partners on a narrow terminal: the first and the second stand above each
 * other, the third and the fourth, and so on. `order` is that of the columns in a wide one.
 */
export const tableLines = (titles: readonly string[], rows: readonly Row[], screen: Screen): readonly string[] => {
  const head: Row = titles.map((text) => ({ text, style: "bold" }));
  const all = texts([head, ...rows]);
  const natural = naturalWidths(all);
  const wide = shrunk(natural, screen.width);
  const isFine = wide.every((width, column) => width === natural[column] || width >= legible);
  if (isFine && total(wide) <= screen.width) return all.map((row) => lineOf(row, wide, screen));
  const stacked = all.map(halves);
  const [upper, lower] = [0, 1].map((half) => naturalWidths(stacked.map((pair) => pair[half] ?? [])));
  const widths = shrunk(
    (upper ?? []).map((width, column) => Math.max(width, lower?.[column] ?? 0)),
    screen.width,
  );
  return stacked.flatMap((pair) => pair.map((half) => lineOf(half, widths, screen)));
};

/** For programs: a tab between texts, the titles first. */
export const tabbedLines = (titles: readonly string[], rows: readonly Row[]): readonly string[] => [
  titles.join("\t"),
  ...texts(rows).map((row) => row.map(({ text }) => text).join("\t")),
];
