/** The terminal that standard output is, if it is one. */
import { isTerminal, styled, wantsColour } from "./colour.ts";
import type { Screen } from "./table.ts";
import { glyphs } from "./text.ts";

/** A terminal that does not know its own size says 0. */
const usualWidth = 80;

export const screenOf = (stream: { readonly isTTY?: boolean; readonly columns?: number }): Screen | null =>
  isTerminal(stream)
    ? { width: stream.columns || usualWidth, styled: styled(wantsColour(stream)), glyphs: glyphs() }
    : null;
