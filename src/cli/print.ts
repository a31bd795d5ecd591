/**
 * What a command prints on standard output: all of it, however much. `process.stdout.write` followed by the end of the
 * process cuts what goes into a pipe at 64 KiB.
 */
import { writeSync } from "node:fs";
import { thrownCode } from "../host/errno.ts";

/**
 * Writes everything before it returns. False: the reader has gone away (`| head`), which is no error but a reason to stop.
 */
export const print = (text: string): boolean => {
  const bytes = new TextEncoder().encode(text);
  let done = 0;
  while (done < bytes.byteLength) {
    try {
      done += writeSync(1, bytes, done);
    } catch (thrown) {
      const code = thrownCode(thrown);
      if (code === "EPIPE") return false;
      if (code !== "EAGAIN") throw thrown;
      // Somebody made the pipe non-blocking, and its reader is slow.
      Bun.sleepSync(2);
    }
  }
  return true;
};

export const printLine = (text: string): boolean => print(`${text}\n`);

/** A value as JSON, for people and for `jq`. */
export const printJson = (value: unknown): boolean => printLine(JSON.stringify(value, null, 2));
