/** The start-up profile behind BERTH_TRACE=1: how many milliseconds each step of a hook took, one line on stderr. */

const wanted = process.env["BERTH_TRACE"] === "1";
const steps: string[] = [];
let last = 0;

/** Ends the step `name`: its time is what has passed since the step before (the first: since the process began). */
export const traced = (name: string): void => {
  if (!wanted) return;
  const now = performance.now();
  steps.push(`${name}=${(now - last).toFixed(2)}`);
  last = now;
};

export const printTrace = (command: string): void => {
  if (!wanted) return;
  process.stderr.write(`berth: trace ${command} ms: ${steps.join(" ")} total=${performance.now().toFixed(2)}\n`);
};
