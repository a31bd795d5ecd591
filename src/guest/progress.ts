/** "I am still at it", on a terminal and nowhere else: one line on standard error that goes away at the end. */
import { isTerminal } from "../screen/colour.ts";

const everyMs = 250;

/** Shows `text` and the seconds that `work` takes, for as long as it takes. */
export const withProgress = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
  if (!isTerminal(process.stderr)) return work();
  const started = performance.now();
  const show = (): void => {
    const line = `${text} … ${((performance.now() - started) / 1000).toFixed(1)} s`;
    process.stderr.write(`\r${line.slice(0, (process.stderr.columns || 80) - 1)}\x1b[K`);
  };
  const timer = setInterval(show, everyMs);
  show();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.stderr.write("\r\x1b[K");
  }
};
