/** `berth ls --watch`: the table again and again in the same place, or a line of JSON at every change, until a signal. */

import type { Result } from "neverthrow";
import { print } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import type { Entry } from "../containers/entry.ts";
import { screenOf } from "../screen/screen.ts";
import type { Screen } from "../screen/table.ts";
import { printable } from "../screen/text.ts";
import { type Look, linesOf } from "./look.ts";

const everyMs = 1000;

const show = "\u001b[?25h";
const hide = "\u001b[?25l";
/** Another screen, so that what was on the terminal comes back. xterm's control sequences, "Alternate Screen Buffer". */
const enter = "\u001b[?1049h";
const leave = "\u001b[?1049l";
const home = "\u001b[H";
const eraseRight = "\u001b[K";
const eraseBelow = "\u001b[J";

const frame = ({ entries, broken }: Look, before: Screen): string => {
  const screen = screenOf(process.stdout) ?? before;
  const height = process.stdout.rows || 24;
  const lines = [
    ...linesOf(entries, screen),
    ...broken.map(({ path, why }) => screen.styled.red(printable(`${path} cannot be used: ${why}`))),
    ...(entries.length === 0 ? ["no container is attached"] : []),
  ];
  const shown = lines.length < height ? lines : [...lines.slice(0, height - 2), "(more: the terminal is too low)"];
  return `${home}${shown.map((line) => `${line}${eraseRight}\n`).join("")}${eraseBelow}`;
};

/** What a change is: time alone goes by without one. */
const unchanging = (entries: readonly Entry[]): string =>
  JSON.stringify(entries.map(({ expiresInSeconds: _, ...rest }) => rest));

/** `screen` null: JSON. Ends with exit code 0 when it is told to (Ctrl-C), or when nobody reads any more; 1: it cannot look. */
export const watchEntries = async (look: () => Result<Look, string>, screen: Screen | null): Promise<number> => {
  const end = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => end.resolve());
  let before: string | null = null;
  let failure: string | null = null;
  const draw = (): void => {
    const looked = look();
    if (looked.isErr()) {
      failure = looked.error;
      end.resolve();
      return;
    }
    const seen = looked.value;
    const text = screen === null ? unchanging(seen.entries) : frame(seen, screen);
    if (text === before) return;
    before = text;
    if (!print(screen === null ? `${JSON.stringify(seen.entries)}\n` : text)) end.resolve();
  };
  if (screen !== null) print(`${enter}${hide}`);
  try {
    draw();
    const timer = setInterval(draw, everyMs);
    process.on("SIGWINCH", draw);
    await end.promise;
    clearInterval(timer);
  } finally {
    if (screen !== null) print(`${show}${leave}`);
  }
  if (failure === null) return 0;
  say(`ls: ${failure}`);
  return 1;
};
