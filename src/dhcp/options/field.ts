/**
 * A field of options (RFC 2132 §2): code, length, data; 0 pads, 255 ends. An option longer than 255 octets, or one that
 * occurs several times, is in pieces that belong together in order (RFC 3396 §5–7).
 *
 *   | code | len | data … | code | len | data … | 255 | 0 0 0 …
 */
import { err, ok, type Result } from "neverthrow";
import type { RawOptions } from "./option.ts";

const PAD = 0;
const END = 255;

/** Pieces of options by code, in the order in which they came. */
export type Pieces = Map<number, Uint8Array[]>;

/** Adds the field's options to `pieces`. An END that is missing is not held against the server; an option cut off is. */
export const readField = (field: Uint8Array, pieces: Pieces): Result<Pieces, { readonly kind: "truncated-option" }> => {
  let at = 0;
  while (at < field.length) {
    const code = field[at] ?? END;
    if (code === END) break;
    at += 1;
    if (code === PAD) continue;
    const length = field[at];
    if (length === undefined || at + 1 + length > field.length) return err({ kind: "truncated-option" });
    const piece = field.subarray(at + 1, at + 1 + length);
    const earlier = pieces.get(code);
    if (earlier) earlier.push(piece);
    else pieces.set(code, [piece]);
    at += 1 + length;
  }
  return ok(pieces);
};

/** One payload for every code: copies, so that the datagram's buffer may be used again. */
export const joinPieces = (pieces: Pieces): RawOptions => {
  const options = new Map<number, Uint8Array>();
  for (const [code, list] of pieces) {
    const payload = new Uint8Array(list.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of list) {
      payload.set(piece, at);
      at += piece.length;
    }
    options.set(code, payload);
  }
  return options;
};

/** The options in the map's order, END last; payloads over 255 octets in pieces that follow each other. */
export const writeField = (options: RawOptions): Uint8Array => {
  const bytes: number[] = [];
  for (const [code, payload] of options) {
    if (code === PAD || code === END) continue;
    let at = 0;
    do {
      const piece = payload.subarray(at, at + 255);
      bytes.push(code, piece.length, ...piece);
      at += 255;
    } while (at < payload.length);
  }
  bytes.push(END);
  return Uint8Array.from(bytes);
};
