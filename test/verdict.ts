/** What the run of a test file was worth. Pure, so that every rule has a test. */

export type Ran = {
  readonly source: string;
  /** Standard output and error. */
  readonly output: string;
  readonly code: number | null;
  /** Why it ended otherwise than by itself. */
  readonly end: string | null;
  readonly seconds: number;
};

export type Verdict = {
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly reasons: readonly string[];
  readonly output: string;
};

const sum = (output: string, label: string): number =>
  [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)\\s*$`, "gm"))].reduce(
    (all, [, count]) => all + Number(count),
    0,
  );

/** `.only` and `.skip` as calls on whatever a suite is named, outside of strings. */
const focused = (source: string): boolean => /^\s*\w+\.(only|skip)\(/m.test(source);

/** A file fails on a failing test, and on everything that would let tests pass without having run. */
export const judge = ({ source, output, code, end, seconds }: Ran): Verdict => {
  const all = sum(output, "Total");
  const passed = sum(output, "Passed");
  const skipped = sum(output, "Skipped");
  const suites = source.match(/^\s*(?:const|let) (\w+) = suite(?:<.*>)?\(/gm)?.length ?? 0;
  const runs = source.match(/^\s*\w+\.run\(\);?/gm)?.length ?? 0;
  const reasons = [
    ...(end === null ? [] : [end]),
    ...(code === 0 || end !== null ? [] : [`exit code ${code}`]),
    ...(all === 0 ? ["no test ran"] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(focused(source) ? ["it focuses or skips tests (.only, .skip)"] : []),
    ...(runs < Math.max(1, suites) ? ["a suite without .run()"] : []),
    ...(all !== passed + skipped ? [`${all - passed} of ${all} did not pass`] : []),
  ];
  const failed = reasons.length === 0 ? 0 : Math.max(1, all - passed);
  return { passed, failed, seconds, reasons, output };
};
