/**
 * The start-up profile behind BERTH_TRACE=1: how many milliseconds each step of a hook took, one line on stderr, and in the
 * event of a success, because runtimes show a hook's stderr only when it failed.
 */

const wanted = process.env["BERTH_TRACE"] === "1";
const steps: [string, number][] = [];
let last = 0;

/** Ends the step `name`: its time is what has passed since the step before (the first: since the process began). */
export const traced = (name: string): void => {
  if (!wanted) return;
  const now = performance.now();
  steps.push([name, Math.round((now - last) * 100) / 100]);
  last = now;
};

/** Milliseconds by step; undefined where no profile is wanted. */
export const profile = (): Readonly<Record<string, number>> | undefined =>
  wanted ? Object.fromEntries(steps) : undefined;

export const printTrace = (command: string): void => {
  if (!wanted) return;
  process.stderr.write(
    `berth: trace ${command} ms: ${steps.map(([name, ms]) => `${name}=${ms}`).join(" ")} total=${performance.now().toFixed(2)}\n`,
  );
};
