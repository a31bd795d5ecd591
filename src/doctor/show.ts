/** Findings as a person reads them: a line each; what is not well also says what it means and what mends it. */
import { isTerminal, styled, wantsColour } from "../screen/colour.ts";
import { glyphs, printable, widthOf } from "../screen/text.ts";
import type { Finding, Level } from "./finding.ts";

const marks = { ok: ["✓", "ok"], warn: ["!", "!"], fail: ["✗", "x"] } as const satisfies Record<
  Level,
  readonly [string, string]
>;
const styles = { ok: "green", warn: "yellow", fail: "red" } as const;

/** Lines of at most `width` columns; a word that is longer stays whole, so that it can be copied. */
const wrapped = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

const count = (findings: readonly Finding[], level: Level): number =>
  findings.filter((one) => one.level === level).length;

const summary = (findings: readonly Finding[]): string => {
  const [bad, odd, good] = (["fail", "warn", "ok"] as const).map((level) => count(findings, level));
  return `${bad} wrong, ${odd} to look at, ${good} well`;
};

type Screen = { readonly width: number; readonly colour: boolean; readonly unicode: boolean };

/** What standard output is. */
export const thisScreen = (): Screen => ({
  width: isTerminal(process.stdout) ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY,
  colour: wantsColour(process.stdout),
  unicode: glyphs().cut !== "~",
});

export const shownFindings = (findings: readonly Finding[], screen: Screen = thisScreen()): string => {
  const style = styled(screen.colour);
  const names = Math.max(...findings.map(({ check }) => check.length));
  const indent = " ".repeat(3 + names + 2);
  const room = Math.max(30, screen.width - indent.length);
  const paragraph = (text: string, first: string): string =>
    wrapped(printable(text), room)
      .map((line, at) => `${at === 0 ? first : indent}${line}\n`)
      .join("");
  const one = ({ check, level, what, means, mend }: Finding): string => {
    const mark = marks[level][screen.unicode ? 0 : 1].padEnd(3);
    const head = `${style[styles[level]](mark)}${check.padEnd(names)}  `;
    const arrow = screen.unicode ? "→ " : "> ";
    return [
      paragraph(what, head),
      ...(means === null ? [] : [paragraph(means, indent)]),
      ...(mend === null ? [] : [paragraph(`${arrow}${mend}`, indent)]),
    ].join("");
  };
  return `${findings.map(one).join("")}${style.bold(summary(findings))}\n`;
};
