/** What a check says: a thing that was looked at, how it is, what that means, and what mends it. */

export type Level = "ok" | "warn" | "fail";

export type Finding = {
  /** Which check: `bridge`, `dhcp`, … */
  readonly check: string;
  readonly level: Level;
  /** One line: what was found. */
  readonly what: string;
  /** What follows from it; null: nothing. */
  readonly means: string | null;
  /** A command line that mends it, or where there is none, what to do; null: nothing has to be done. */
  readonly mend: string | null;
};

export const fine = (check: string, what: string): Finding => ({ check, level: "ok", what, means: null, mend: null });

export const warn = (check: string, what: string, means: string, mend: string): Finding => ({
  ...{ check, level: "warn", what, means, mend },
});

export const fail = (check: string, what: string, means: string, mend: string): Finding => ({
  ...{ check, level: "fail", what, means, mend },
});
