/** Processes by pid and start time: a pid alone may have been given to somebody else since. proc(5). */
import { readFileSync } from "node:fs";

/**
 * Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat); null where there is no such process
 * or where it is a zombie, whose namespaces are gone already.
 */
export const startTime = (pid: number): number | null => {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  // The second field is the command's name in parentheses, and may itself hold anything but NUL.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  if (state === "Z" || state === "X" || state === "x") return null;
  const ticks = Number(fields[19]);
  return Number.isSafeInteger(ticks) ? ticks : null;
};

/** True where the very process that was seen with this start time still lives. */
export const isAlive = (pid: number, started: number): boolean => startTime(pid) === started;
