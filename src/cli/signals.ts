/** SIGTERM, SIGINT and SIGHUP as an AbortSignal: whoever waits gives up and undoes, nothing dies half-way. */

/** Called once. A second signal changes nothing: the undo has its own time limits. */
export const onStopSignal = (): AbortSignal => {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(name, () => controller.abort(name));
  return controller.signal;
};
