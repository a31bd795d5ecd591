/** The clock that neither jumps with the wall clock nor stands still in suspend: CLOCK_BOOTTIME. */
import { bootTimeMs } from "./libc.ts";

/** Whole milliseconds since boot. */
export const bootMs = (): number => Math.round(bootTimeMs());
