/**
 * A running container's interface taken from one lease to the next, by the keeper: the lifetime prolonged, an address
 * exchanged without an instant without one, everything taken away.
 *
 * Who deletes a primary address loses its secondaries with it, unless `promote_secondaries` is set (kernel
 * Documentation/networking/ip-sysctl.rst); a new address in the old one's prefix is a secondary. The routes are set once
 * more after the deletion, because the kernel drops those that depended on the old address.
 */
import { ok, type Result } from "neverthrow";
import type { Cidr, Ifname, Mac } from "../net/address.ts";
import { inNetns, type Netns, type NetnsError, pathForChildren } from "../netns/enter.ts";
import { type BatchLine, type IpError, ipBatchForceIn, ipBatchIn, line } from "../netns/ip.ts";
import { prolongAddresses } from "../netns/prolong.ts";
import { writeSysctl } from "../netns/sysctl.ts";
import { addressLine, everywhere, type LinkSetup, relaxReversePath, routeLine } from "./link.ts";

/** What is on the interface by the record. */
export type Configured = Pick<LinkSetup, "addresses" | "routes">;

type RouteOf = LinkSetup["routes"][number];
const sameRoute = (a: RouteOf, b: RouteOf): boolean => a.to === b.to && a.via === b.via;

/** Whether the next lease differs from the present one in anything but its lifetime. */
export const isChange = (before: Configured, after: Configured): boolean =>
  before.addresses.join() !== after.addresses.join() ||
  before.routes.length !== after.routes.length ||
  !before.routes.every((route, at) => {
    const other = after.routes[at];
    return other !== undefined && sameRoute(route, other);
  });

const deleteRoute = ({ to, via }: RouteOf, ifname: Ifname): BatchLine =>
  via === null ? line`route del ${to} dev ${ifname}` : line`route del ${to} via ${via} dev ${ifname}`;

const announce = (ifname: Ifname, mac: Mac): BatchLine => line`link set dev ${ifname} address ${mac}`;

/** A renewal that changed nothing: the kernel's lifetimes begin anew. */
export const prolong = (
  netns: Netns,
  home: Netns,
  { ifname, addresses, leaseSeconds }: LinkSetup,
): Result<void, IpError | NetnsError> => prolongAddresses(netns, home, ifname, addresses, leaseSeconds ?? 0xffffffff);

/**
 * From `before`, which may be nothing at all, to `setup`. Also what repairs an interface that somebody took apart: with
 * `before` equal to the setup everything is set as it should be.
 */
export const reconfigure = (
  netns: Netns,
  home: Netns,
  before: Configured,
  setup: LinkSetup,
): Result<void, IpError | NetnsError> => {
  const { ifname, mac, addresses, routes, mtu, leaseSeconds } = setup;
  const gone = before.addresses.filter((address) => !addresses.includes(address));
  const goneRoutes = before.routes.filter((route) => !routes.some((other) => sameRoute(route, other)));
  const set = routes.map((route) => routeLine(route, ifname));
  return inNetns(netns, home, () => {
    writeSysctl(ifname, "promote_secondaries", 1);
    writeSysctl(ifname, "arp_notify", 1);
    return ok(undefined);
  })
    .andThen(() =>
      ipBatchIn(pathForChildren(netns), [
        line`link set dev ${ifname} up`,
        ...(mtu === null ? [] : [line`link set dev ${ifname} mtu ${mtu}`]),
        ...addresses.map((address) => addressLine(address, ifname, leaseSeconds)),
        ...set,
      ]),
    )
    .andThen(() => {
      // Gone already, by the kernel or by somebody's hand: as good as deleted.
      ipBatchForceIn(pathForChildren(netns), [
        ...goneRoutes.map((route) => deleteRoute(route, ifname)),
        ...gone.map((address) => line`address del ${address} dev ${ifname}`),
        line`route del ${everywhere} dev ${ifname} scope link`,
      ]);
      return ipBatchIn(pathForChildren(netns), [...set, announce(ifname, mac)]);
    });
};

/** The lease is lost: its addresses and routes leave the interface, which stays up to ask for another one. */
export const deconfigure = (netns: Netns, ifname: Ifname, { addresses, routes }: Configured): void => {
  ipBatchForceIn(pathForChildren(netns), [
    ...routes.map((route) => deleteRoute(route, ifname)),
    ...addresses.map((address: Cidr) => line`address del ${address} dev ${ifname}`),
  ]);
};

/**
 * For an exchange by broadcast: a route for 255.255.255.255 and no reverse-path filter, as when the container started.
 * Returns what takes both away again.
 */
export const openToBroadcast = (
  netns: Netns,
  home: Netns,
  ifname: Ifname,
): Result<(netns: Netns) => void, IpError | NetnsError> =>
  ipBatchIn(pathForChildren(netns), [
    line`link set dev ${ifname} up`,
    line`route replace ${everywhere} dev ${ifname} scope link`,
  ]).andThen(() =>
    inNetns(netns, home, () => {
      const restore = relaxReversePath(ifname);
      return ok((later: Netns) => {
        ipBatchForceIn(pathForChildren(later), [line`route del ${everywhere} dev ${ifname} scope link`]);
        inNetns(later, home, () => {
          restore();
          return ok(undefined);
        });
      });
    }),
  );
