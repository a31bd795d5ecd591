/**
 * What the plan decides: which attachments a container gets, in types that cannot be wrong any more.
 */
import type { Route } from "../dhcp/lease.ts";
import type { Cidr, ContainerId, Hostname, Ifname, Ipv4, Ipv6, Mac } from "../net/address.ts";

/** Option 61: hardware type + MAC; RFC 4361 DUID; a text sent as it is with type 0; or not sent. */
export type ClientIdPolicy = { kind: "mac" } | { kind: "duid" } | { kind: "text"; text: string } | { kind: "none" };

export type DhcpSettings = {
  /** One limit for the whole acquisition, in milliseconds. */
  readonly timeoutMs: number;
  readonly clientId: ClientIdPolicy;
  /** Send the container's host name (option 12). */
  readonly sendHostname: boolean;
  /** Probe the address with ARP before using it and decline it if taken (RFC 5227). */
  readonly conflictDetection: boolean;
  /** Offer to take a lease in two messages (RFC 4039). */
  readonly rapidCommit: boolean;
};

export type Addressing =
  | { readonly kind: "dhcp" }
  | { readonly kind: "static"; readonly addresses: readonly Cidr[]; readonly routes: readonly Route[] };

/** One interface of one container on one network, planned and not yet made. */
export type PlannedAttachment = {
  readonly id: ContainerId;
  readonly network: string;
  readonly driver: "linux";
  readonly bridge: Ifname;
  readonly ifname: Ifname;
  /** What the host's end of the pair is to be called; null: by the scheme. */
  readonly port: Ifname | null;
  readonly addressing: Addressing;
  readonly dhcp: DhcpSettings;
  /** A MAC that somebody chose; null: from the scheme. */
  readonly mac: Mac | null;
  /** What its engine calls the container; null: the engine does not say. */
  readonly name: string | null;
  /** What makes the container the same across restarts; null: nothing does. */
  readonly identity: string | null;
  /** Sent to the DHCP server and written to hosts; null: the container has no usable host name. */
  readonly hostname: Hostname | null;
  /** Bytes; null: the bridge's. Option 26 may lower it. */
  readonly mtu: number | null;
  /** Used with static addressing, and with DHCP where the server names none. */
  readonly dns: readonly (Ipv4 | Ipv6)[];
  readonly search: readonly Hostname[];
  readonly writeResolvConf: boolean;
  readonly writeHosts: boolean;
  /** False: somebody else's default route is there already. */
  readonly defaultRoute: boolean;
};

export type Plan =
  | { readonly kind: "attach"; readonly attachments: readonly [PlannedAttachment, ...PlannedAttachment[]] }
  | { readonly kind: "not-ours"; readonly because: string };

/** A wish or a setting that cannot be met. `where` names the annotation, variable or file with its path. */
export type PlanError = {
  readonly kind: "invalid";
  readonly where: string;
  readonly what: string;
  readonly todo: string;
};
