/**
 * A running container's interface taken from one lease to the next, by the keeper: the lifetime prolonged, an address
 * exchanged without an instant without one, everything taken away.
 *
 * Who deletes a primary address loses its secondaries with it, unless `promote_secondaries` is set (kernel
 * Documentation/networking/ip-sysctl.rst); a new address in the old one's prefix is a secondary. The routes are set once
 * more after the deletion, because the kernel drops those that depended on the old address.
 */
import { ok, type Result } from "neverthrow";
import type { Cidr, Ifname } from "../net/address.ts";
import type { Change } from "../netns/change.ts";
import { inNetns, type Netns, type NetnsError } from "../netns/enter.ts";
import type { IpError } from "../netns/ip.ts";
import { changeIn, changeWhatever } from "../netns/rtnetlink.ts";
import { writeSysctl } from "../netns/sysctl.ts";
import { everywhere, type LinkSetup, linkChanges, relaxReversePath, routeChanges } from "./link.ts";

/** What is on the interface by the record. */
export type Configured = Pick<LinkSetup, "addresses" | "routes">;

type RouteOf = LinkSetup["routes"][number];
const toEverywhere: RouteOf = { to: everywhere, via: null };
const sameRoute = (a: RouteOf, b: RouteOf): boolean => a.to === b.to && a.via === b.via;

/** Whether the next lease differs from the present one in anything but its lifetime. */
export const isChange = (before: Configured, after: Configured): boolean =>
  before.addresses.join() !== after.addresses.join() ||
  before.routes.length !== after.routes.length ||
  !before.routes.every((route, at) => {
    const other = after.routes[at];
    return other !== undefined && sameRoute(route, other);
  });

const withoutRoutes = (ifname: Ifname, routes: readonly RouteOf[]): readonly Change[] =>
  routes.map(({ to, via }) => ({ kind: "no-route", ifname, to, via }) as const);

const withoutAddresses = (ifname: Ifname, addresses: readonly Cidr[]): readonly Change[] =>
  addresses.map((address) => ({ kind: "no-address", ifname, address }) as const);

/** A renewal that changed nothing: the kernel's lifetimes begin anew. */
export const prolong = (netns: Netns, home: Netns, setup: LinkSetup): Result<void, IpError | NetnsError> =>
  changeIn(netns, home, linkChanges({ ...setup, mtu: null }));

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
  const { ifname, mac, addresses, routes } = setup;
  const gone = before.addresses.filter((address) => !addresses.includes(address));
  const goneRoutes = before.routes.filter((route) => !routes.some((other) => sameRoute(route, other)));
  return inNetns(netns, home, () => {
    writeSysctl(ifname, "promote_secondaries", 1);
    writeSysctl(ifname, "arp_notify", 1);
    return ok(undefined);
  })
    .andThen(() => changeIn(netns, home, [{ kind: "up", ifname }, ...linkChanges(setup), ...routeChanges(setup)]))
    .andThen(() => {
      // Gone already, by the kernel or by somebody's hand: as good as deleted.
      changeWhatever(netns, home, [
        ...withoutRoutes(ifname, goneRoutes),
        ...withoutAddresses(ifname, gone),
        ...withoutRoutes(ifname, [toEverywhere]),
      ]);
      return changeIn(netns, home, [...routeChanges(setup), { kind: "mac", ifname, mac }]);
    });
};

/** The lease is lost: its addresses and routes leave the interface, which stays up to ask for another one. */
export const deconfigure = (netns: Netns, home: Netns, ifname: Ifname, { addresses, routes }: Configured): void =>
  changeWhatever(netns, home, [...withoutRoutes(ifname, routes), ...withoutAddresses(ifname, addresses)]);

/**
 * For an exchange by broadcast: a route for 255.255.255.255 and no reverse-path filter, as when the container started.
 * Returns what takes both away again.
 */
export const openToBroadcast = (
  netns: Netns,
  home: Netns,
  ifname: Ifname,
): Result<(netns: Netns) => void, IpError | NetnsError> =>
  changeIn(netns, home, [
    { kind: "up", ifname },
    { kind: "route", ifname, ...toEverywhere },
  ]).andThen(() =>
    inNetns(netns, home, () => {
      const restore = relaxReversePath(ifname);
      return ok((later: Netns) => {
        changeWhatever(later, home, withoutRoutes(ifname, [toEverywhere]));
        inNetns(later, home, () => {
          restore();
          return ok(undefined);
        });
      });
    }),
  );
