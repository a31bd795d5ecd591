/** What the garbage collector finds: each with what it is, what it is about, and the line for a person. */
import type { ContainerId, Ifname, Mac } from "../net/address.ts";

/** What is wrong with a living container's attachment. */
export type Damage =
  | "the port is gone"
  | "the port is off the bridge"
  | "the port is down"
  | "the interface is gone"
  | "an address is missing"
  | "a route is missing"
  | "a change was not finished";

export type Finding =
  /** The container is gone: its port goes, its lease goes back, its record is removed. */
  | { readonly kind: "ended"; readonly id: ContainerId; readonly ifname: Ifname; readonly addresses: readonly string[] }
  /** The hook that was attaching it is gone: the same. */
  | { readonly kind: "abandoned"; readonly id: ContainerId; readonly ifname: Ifname }
  | {
      readonly kind: "unreadable";
      readonly id: ContainerId;
      readonly ifname: Ifname;
      readonly path: string;
      readonly why: string;
    }
  | {
      readonly kind: "stray-port";
      readonly id: ContainerId;
      readonly ifname: Ifname;
      readonly port: Ifname;
      readonly release: boolean;
    }
  | { readonly kind: "stray-files"; readonly id: ContainerId; readonly path: string }
  | { readonly kind: "stray-claim"; readonly mac: Mac }
  | { readonly kind: "stray-temporary"; readonly path: string }
  | { readonly kind: "broken"; readonly id: ContainerId; readonly ifname: Ifname; readonly damage: readonly Damage[] };

export const findingText = (finding: Finding): string => {
  switch (finding.kind) {
    case "ended":
      return `container ${finding.id} has ended: ${finding.ifname} ${finding.addresses.join(", ") || "without an address"}`;
    case "abandoned":
      return `container ${finding.id}: nobody is attaching ${finding.ifname} any more`;
    case "unreadable":
      return `the record ${finding.path} cannot be used: ${finding.why}`;
    case "stray-port":
      return `the port ${finding.port} of container ${finding.id} ${finding.release ? "was for a release that has ended" : "has no record"}`;
    case "stray-files":
      return `the files in ${finding.path} belong to no container`;
    case "stray-claim":
      return `the MAC ${finding.mac} is claimed by an attachment that is gone`;
    case "stray-temporary":
      return `${finding.path} was left behind half-made`;
    case "broken":
      return `container ${finding.id}: ${finding.ifname} is broken: ${finding.damage.join(", ")}`;
  }
};
