/** Waiting for a port: a frame sent before the bridge forwards it is lost, and with it a DISCOVER. */
import { err, ok, type Result } from "neverthrow";
import type { BridgeDriver } from "../bridge/driver.ts";
import type { Ifname } from "../net/address.ts";

export type PortError = { readonly kind: "port-silent"; readonly port: Ifname; readonly waitedMs: number };
export type Aborted = { readonly kind: "aborted"; readonly why: string };

/**
 * Waits until the bridge forwards the port. A port without spanning tree forwards within a millisecond of its carrier,
 * so the first looks come quickly and without letting go of the thread.
 * `deadline` is in milliseconds of performance.now(); `stop` gives a reason to give up.
 */
export const awaitForwarding = async (
  driver: BridgeDriver,
  port: Ifname,
  deadline: number,
  stop: () => string | null,
): Promise<Result<void, PortError | Aborted>> => {
  const started = performance.now();
  for (let look = 0; ; look += 1) {
    if (driver.forwards(port)) return ok(undefined);
    if (performance.now() >= deadline)
      return err({ kind: "port-silent", port, waitedMs: Math.round(performance.now() - started) });
    if (look < 20) {
      Bun.sleepSync(0.1);
      continue;
    }
    const why = stop();
    if (why !== null) return err({ kind: "aborted", why });
    await Bun.sleep(look < 60 ? 2 : 20);
  }
};
