/** The clock that neither jumps with the wall clock nor stands still in suspend: CLOCK_BOOTTIME, by /proc/uptime. */
import { readFileSync } from "node:fs";

/** Milliseconds since boot, with a resolution of 10 ms. */
export const bootMs = (): number => Math.round(Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1000);
