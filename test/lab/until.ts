/** Waiting for a condition instead of for a time. */

/** Looks every 20 ms until `look` gives something other than undefined, null or false; after `withinMs` it is a failure. */
export const until = async <T>(
  what: string,
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  withinMs = 10_000,
): Promise<T> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await Bun.sleep(20);
  }
};
