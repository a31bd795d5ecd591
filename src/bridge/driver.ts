/** What a kind of bridge must be able to do. One file per kind; nothing outside this folder knows which it is. */
import type { Result } from "neverthrow";
import type { Ifname, Mac } from "../net/address.ts";
import type { Netns } from "../netns/enter.ts";
import type { Alias } from "../netns/ip.ts";

export type BridgeError =
  | { readonly kind: "bridge-missing"; readonly bridge: Ifname }
  | { readonly kind: "not-a-bridge"; readonly bridge: Ifname }
  | { readonly kind: "bridge-down"; readonly bridge: Ifname }
  | { readonly kind: "foreign-sysfs"; readonly bridge: Ifname }
  | { readonly kind: "port-exists"; readonly port: Ifname }
  | {
      readonly kind: "plug-failed";
      readonly port: Ifname;
      readonly bridge: Ifname;
      readonly line: string;
      readonly why: string;
    };

export type BridgeFacts = {
  /** Bytes. */
  readonly mtu: number;
  /** True where a new port learns and listens before it forwards (spanning tree). */
  readonly delaysPorts: boolean;
};

/** A veth pair to be made: its host end on the bridge, its other end in a container's (or a temporary) namespace. */
export type PortPlan = {
  readonly bridge: Ifname;
  readonly port: Ifname;
  readonly alias: Alias;
  readonly portMac: Mac;
  readonly mtu: number;
  readonly netns: Netns;
  readonly ifname: Ifname;
  readonly mac: Mac;
};

export type TapPlan = Pick<PortPlan, "bridge" | "netns" | "ifname" | "mac">;

export type BridgeDriver = {
  /** Is it there, is it a bridge of this kind, is it up? */
  readonly inspect: (bridge: Ifname) => Result<BridgeFacts, BridgeError>;
  /** Makes the pair and puts the port on the bridge, up. On failure nothing is left. Runs in the host's namespace. */
  readonly plug: (plan: PortPlan) => Result<void, BridgeError>;
  /**
   * As `plug`, but past the ports: an interface on the bridge itself, which sends at once where a new port would have to
   * wait for spanning tree. For the short life of a release; nothing of it shows on the host.
   */
  readonly tap: (plan: TapPlan) => Result<void, BridgeError>;
  /** Whether the bridge forwards the port's frames yet. */
  readonly forwards: (port: Ifname) => boolean;
  /** Deletes the port and with it the pair, if it carries this alias. Nothing there: nothing to do. */
  readonly unplug: (port: Ifname, alias: Alias) => Promise<void>;
  /** Whether there is a port of this name with this alias. */
  readonly owns: (port: Ifname, alias: Alias) => boolean;
  /** Puts a port that exists back on the bridge, up. */
  readonly replug: (bridge: Ifname, port: Ifname) => Result<void, BridgeError>;
  /** Whether the bridge has seen this MAC on one of its ports. */
  readonly knowsMac: (bridge: Ifname, mac: Mac) => boolean;
};
