/** Gives an attachment its MAC: the first candidate of the scheme that nobody else has (design: identity and MAC). */
import { err, ok, type Result } from "neverthrow";
import type { BridgeDriver } from "../bridge/driver.ts";
import type { PlannedAttachment } from "../config/types.ts";
import type { FileError } from "../host/files.ts";
import { macCandidates } from "../identity/mac.ts";
import { claimMac } from "../lease/claims.ts";
import { recallAddress } from "../lease/identities.ts";
import type { Directories } from "../lease/paths.ts";
import type { Mac } from "../net/address.ts";
import { neighbours } from "../netns/interfaces.ts";
import { machineId, workerAddress } from "./worker.ts";

export type MacError =
  | { readonly kind: "mac-taken"; readonly mac: Mac }
  | { readonly kind: "no-free-mac"; readonly tried: number };

/**
 * True where the network has seen this MAC on somebody else: the bridge's forwarding table, or the host's neighbour
 * table under another address than the one that this very attachment had last time.
 */
const isSeen = (dirs: Directories, driver: BridgeDriver, planned: PlannedAttachment, mac: Mac): boolean => {
  if (driver.knowsMac(planned.bridge, mac)) return true;
  const before = recallAddress(dirs, planned.network, mac)?.address;
  return neighbours().some((entry) => entry.complete && entry.mac === mac && entry.address !== before);
};

/**
 * Claims a MAC for the attachment. `announce` is called with each candidate before it is claimed and writes the record
 * that makes the claim good.
 */
export const chooseMac = (
  dirs: Directories,
  driver: BridgeDriver,
  planned: PlannedAttachment,
  announce: (mac: Mac) => Result<void, FileError>,
): Result<Mac, MacError | FileError> => {
  const owner = { id: planned.id, ifname: planned.ifname };
  if (planned.mac !== null) {
    const mac = planned.mac;
    // Not looked up in the forwarding table: who moves a container with its MAC from another host finds it there.
    return announce(mac)
      .andThen(() => claimMac(dirs, mac, owner))
      .andThen((mine) => (mine ? ok(mac) : err({ kind: "mac-taken" as const, mac })));
  }
  let tried = 0;
  const candidates = macCandidates({
    workerIp: workerAddress(planned.bridge),
    machineId: machineId(),
    identity: planned.identity,
    network: planned.network,
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
  });
  for (const mac of candidates) {
    tried += 1;
    if (isSeen(dirs, driver, planned, mac)) continue;
    const mine = announce(mac).andThen(() => claimMac(dirs, mac, owner));
    if (mine.isErr()) return err(mine.error);
    if (mine.value) return ok(mac);
  }
  return err({ kind: "no-free-mac", tried });
};
