/**
 * Fault injection for the kill matrix, in test builds only: a build without BERTH_FAULTS has no trace of it.
 *
 * BERTH_FAULT=kill:<point> ends the process with SIGKILL on reaching the point; stop:<point> stops it with SIGSTOP, so
 * that a test can look at the world and go on with SIGCONT.
 */
declare const BERTH_FAULTS: boolean | undefined;

export const faultPoint = (point: string): void => {
  if (typeof BERTH_FAULTS === "undefined" || !BERTH_FAULTS) return;
  const wish = process.env["BERTH_FAULT"];
  if (wish === `kill:${point}`) process.kill(process.pid, "SIGKILL");
  if (wish === `stop:${point}`) process.kill(process.pid, "SIGSTOP");
};

/** BERTH_FAULT=<point>: whether a test wishes something to happen that cannot be provoked from outside. */
export const faultWished = (point: string): boolean => {
  if (typeof BERTH_FAULTS === "undefined" || !BERTH_FAULTS) return false;
  return process.env["BERTH_FAULT"] === point;
};
