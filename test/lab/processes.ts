/** Processes by where they make their temporary files, which their children inherit wherever they go. */
import { readdirSync, readFileSync } from "node:fs";

/** Pids of those whose TMPDIR is this directory, or below it. */
export const processesOf = (directory: string): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
        return environment.some((one) => `${one}/`.startsWith(`TMPDIR=${directory}/`));
      } catch {
        return false; // It has ended, or is another user's.
      }
    })
    .map(Number);
