/** The pieces of the picture: boxes with two lines of text, and lines between them. */
import type { Entry } from "../containers/entry.ts";

export const boxHeight = 44;
const padding = 12;

export type Box = {
  readonly kind: "bridge" | "uplink" | "port" | "container" | "other" | "trouble";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** The second line, separated by dots. */
  readonly words: readonly string[];
  /** At the right end of the first line, coloured by the state. */
  readonly note?: { readonly text: string; readonly state: Entry["state"] } | undefined;
};

/** For XML's text and attributes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

const noteClass = (state: Entry["state"]): string => {
  if (state === "bound" || state === "static") return "good";
  return state === "acquiring" || state === "released" ? "wait" : "bad";
};

/** The text is in the middle of the box's height. */
export const boxSvg = ({ kind, x, y, width, height, title, words, note }: Box): string => {
  const middle = y + height / 2;
  const shown =
    note === undefined
      ? ""
      : `<text x="${x + width - padding}" y="${middle - 5}" text-anchor="end" class="${noteClass(note.state)}">${escaped(note.text)}</text>`;
  return `<g class="${kind}"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/><text x="${x + padding}" y="${middle - 5}" class="title">${escaped(title)}</text>${shown}<text x="${x + padding}" y="${middle + 13}" class="words">${escaped(words.join(" · "))}</text></g>`;
};

/** A line from left to right at the middle of the box that begins at `top`. */
export const edgeSvg = (fromX: number, toX: number, top: number): string => {
  const y = top + boxHeight / 2;
  return `<line class="line" x1="${fromX}" y1="${y}" x2="${toX}" y2="${y}"/>`;
};
