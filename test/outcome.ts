/**
 * What a Result holds, for tests. neverthrow's own _unsafeUnwrap throws something that is no Error; uvu then ends the
 * file's run in the middle, and the process with exit code 0.
 */
import type { Result } from "neverthrow";

const shown = (value: unknown): string => (Bun.inspect(value) ?? "").slice(0, 1000);

/** The value. Throws an Error where there is none. */
export const outcomeOf = <T, E>(result: Result<T, E>): T =>
  result.match(
    (value) => value,
    (error) => {
      throw new Error(`expected a value, got the error ${shown(error)}`);
    },
  );

/** The error. Throws an Error where there is none. */
export const errorOf = <T, E>(result: Result<T, E>): E =>
  result.match(
    (value) => {
      throw new Error(`expected an error, got the value ${shown(value)}`);
    },
    (error) => error,
  );
