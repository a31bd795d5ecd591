/**
 * The container's end of the pair, from inside its network namespace: up and able to do DHCP without an address; then
 * configured and announced.
 */
import type { Result } from "neverthrow";
import type { Lease, Route } from "../dhcp/lease.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import type { Cidr, Ifname, Mac } from "../net/address.ts";
import { type Change, forEver } from "../netns/change.ts";
import type { IpError } from "../netns/ip.ts";
import { changeHere } from "../netns/rtnetlink.ts";
import { readSysctl, writeSysctl } from "../netns/sysctl.ts";
import { routesWanted } from "./leasedRecord.ts";

export const everywhere = "255.255.255.255/32" as Cidr;

/** Loopback and the interface up; with DHCP also a route for broadcasts, which otherwise have none (ip-route(8)). */
export const raiseLink = (ifname: Ifname, dhcp: boolean): Result<void, IpError> =>
  changeHere([
    { kind: "up", ifname: "lo" },
    { kind: "up", ifname },
    ...(dhcp ? ([{ kind: "route", ifname, to: everywhere, via: null }] as const) : []),
  ]);

/**
 * Reverse-path filtering drops a server's answer while the interface has no address. The stricter of `all` and the
 * interface's own setting counts (kernel Documentation/networking/ip-sysctl.rst). Returns what restores both.
 */
export const relaxReversePath = (ifname: Ifname): (() => void) => {
  const changed = (["all", ifname] as const).flatMap((name) => {
    const before = readSysctl(name, "rp_filter");
    return before !== null && before !== 0 && writeSysctl(name, "rp_filter", 0) ? [{ name, before }] : [];
  });
  return () => {
    for (const { name, before } of changed) writeSysctl(name, "rp_filter", before);
  };
};

export type LinkSetup = {
  readonly ifname: Ifname;
  readonly mac: Mac;
  readonly addresses: readonly Cidr[];
  readonly routes: readonly Route[];
  /** Bytes; null: as it is. */
  readonly mtu: number | null;
  /** Lifetime of the addresses in seconds; null: for ever. The kernel itself removes an address that outlives it. */
  readonly leaseSeconds: number | null;
  readonly dhcp: boolean;
};

/** MTU and addresses. */
export const linkChanges = ({ ifname, addresses, mtu, leaseSeconds }: LinkSetup): readonly Change[] => [
  ...(mtu === null ? [] : [{ kind: "mtu", ifname, mtu } as const]),
  ...addresses.map((address) => ({ kind: "address", ifname, address, seconds: leaseSeconds ?? forEver }) as const),
];

export const routeChanges = ({ ifname, routes }: LinkSetup): readonly Change[] =>
  routes.map(({ to, via }) => ({ kind: "route", ifname, to, via }) as const);

/**
 * Addresses, then routes, then the announcement: with `arp_notify` on, setting a link's address (to what it is) makes
 * the kernel send a gratuitous ARP for each of its addresses.
 */
export const configureLink = (setup: LinkSetup): Result<void, IpError> => {
  const { ifname, mac, dhcp } = setup;
  writeSysctl(ifname, "arp_notify", 1);
  return changeHere([
    ...linkChanges(setup),
    ...(dhcp ? ([{ kind: "no-route", ifname, to: everywhere, via: null }] as const) : []),
    ...routeChanges(setup),
    { kind: "mac", ifname, mac },
  ]);
};

/** The setup that a lease asks for. A lease's MTU never exceeds that of the link, which is the bridge's. */
export const leaseSetup = (lease: Lease, { ifname, mac, wanted }: AttachmentRecord): LinkSetup => ({
  ifname,
  mac,
  addresses: [`${lease.address}/${lease.prefix}` as Cidr],
  routes: routesWanted(lease, wanted),
  mtu: lease.mtu !== null && lease.mtu < wanted.mtu ? lease.mtu : null,
  leaseSeconds: lease.leaseSeconds,
  dhcp: true,
});
