/**
 * Colour on a terminal, and nowhere else. NO_COLOR (no-color.org) is honoured. Only bold, dim and the terminal's own
 * green, yellow and red are used, which its owner has chosen to be legible on a light or a dark ground.
 */
import { styleText } from "node:util";

type Stream = { readonly isTTY?: boolean };

export const isTerminal = (stream: Stream): boolean => stream.isTTY === true;

export const wantsColour = (stream: Stream): boolean => {
  const { NO_COLOR, TERM } = process.env;
  return isTerminal(stream) && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
};

const styles = ["bold", "dim", "green", "yellow", "red"] as const;
export type Style = (typeof styles)[number];
export type Styled = Readonly<Record<Style, (text: string) => string>>;

/** Functions that style a text, or leave it as it is. */
export const styled = (on: boolean): Styled => {
  const one = (style: Style) => (text: string) =>
    on && text !== "" ? styleText(style, text, { validateStream: false }) : text;
  return { bold: one("bold"), dim: one("dim"), green: one("green"), yellow: one("yellow"), red: one("red") };
};
