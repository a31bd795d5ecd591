/** Which driver serves which kind of bridge. */
import type { BridgeDriver } from "./driver.ts";
import { linuxBridge } from "./linux.ts";

const drivers = { linux: linuxBridge } as const satisfies Record<string, BridgeDriver>;

export type DriverName = keyof typeof drivers;

export const driverOf = (name: DriverName): BridgeDriver => drivers[name];
