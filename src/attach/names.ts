/** Names of what berth makes on the host, derived from the attachment so that they can be found again without a list. */

import type { Directories } from "../lease/paths.ts";
import { type ContainerId, type Ifname, type Mac, macFromBytes } from "../net/address.ts";
import type { Alias } from "../netns/ip.ts";

const digest = (id: ContainerId, ifname: Ifname): Uint8Array =>
  new Bun.CryptoHasher("sha256").update(`${id}\0${ifname}`).digest();

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The host end of the pair: `bt` and 8 hex digits. */
export const portName = (id: ContainerId, ifname: Ifname): Ifname =>
  `bt${hex(digest(id, ifname).subarray(0, 4))}` as Ifname;

/** The short-lived port through which a lease is released: `bx` and 8 hex digits. */
export const releasePortName = (id: ContainerId, ifname: Ifname): Ifname =>
  `bx${hex(digest(id, ifname).subarray(0, 4))}` as Ifname;

/**
 * The host end's MAC begins with `fe:ff:`: a Linux bridge takes the lowest MAC of its ports for its own, and a bridge
 * whose MAC changes cuts the host off.
 */
export const portMac = (id: ContainerId, ifname: Ifname): Mac => {
  const bytes = digest(id, ifname).slice(4, 10);
  bytes.set([0xfe, 0xff]);
  return macFromBytes(bytes);
};

/**
 * Whose port it is, for whoever looks through all ports: another run directory's berth on this host has ports of its own, of which
 * this one has no records. The default directory's are without a mark.
 */
const instance = ({ runDir }: Directories): "" | `@${string}` =>
  runDir === "/run/berth" ? "" : `@${hex(new Bun.CryptoHasher("sha256").update(runDir).digest()).slice(0, 8)}`;

export const portAlias = (dirs: Directories, id: ContainerId, ifname: Ifname): Alias =>
  `berth:${id}:${ifname}${instance(dirs)}`;

export const releasePortAlias = (dirs: Directories, id: ContainerId, ifname: Ifname): Alias =>
  `berth-release:${id}:${ifname}${instance(dirs)}`;
