/** Reads what the runtime writes to a hook's standard input, to its end, however it was opened. */
import { readSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { thrownCode, thrownText } from "./errno.ts";
import { waitReadable } from "./libc.ts";

export type StdinError = { readonly kind: "stdin"; readonly message: string };

/**
 * At most `most` bytes of descriptor 0 as UTF-8, within `limitMs`: whoever holds the other end open without writing must
 * not hang the hook. A descriptor left non-blocking by its opener throws EAGAIN, which only means one more wait.
 */
export const readStdin = (most: number, limitMs: number): Result<string, StdinError> =>
  readStdinBytes(most, limitMs).map((bytes) => new TextDecoder().decode(bytes));

/** The same as it came. */
export const readStdinBytes = (most: number, limitMs: number): Result<Uint8Array, StdinError> => {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const deadline = performance.now() + limitMs;
  for (;;) {
    if (!waitReadable(0, deadline - performance.now()))
      return err({ kind: "stdin", message: `standard input was not closed within ${limitMs} ms` });
    const piece = new Uint8Array(65536);
    try {
      const got = readSync(0, piece, 0, piece.byteLength, null);
      if (got === 0) break;
      pieces.push(piece.subarray(0, got));
      total += got;
      if (total > most) return err({ kind: "stdin", message: `more than ${most} bytes on standard input` });
    } catch (thrown) {
      if (thrownCode(thrown) === "EOF") break;
      if (thrownCode(thrown) !== "EAGAIN") return err({ kind: "stdin", message: thrownText(thrown) });
    }
  }
  return ok(Buffer.concat(pieces));
};
