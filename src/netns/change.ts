/** What is to be changed on a network interface, and how one would say it to ip(8). Pure. */
import type { Cidr, Ifname, Ipv4, Ipv6, Mac } from "../net/address.ts";
import type { Netns } from "./enter.ts";
import type { Alias } from "./ip.ts";

/** For addresses that nobody has to prolong. */
export const forEver = 0xffffffff;

type OnInterface = { readonly ifname: Ifname | "lo" };

/** One change to one interface. What is there already is as good as made, but for what is to go. */
export type Change = OnInterface &
  (
    | { readonly kind: "up" }
    /** Bytes. */
    | { readonly kind: "mtu"; readonly mtu: number }
    | { readonly kind: "mac"; readonly mac: Mac }
    | { readonly kind: "alias"; readonly alias: Alias }
    /** Its lifetime in seconds. */
    | { readonly kind: "address"; readonly address: Cidr; readonly seconds: number }
    | { readonly kind: "no-address"; readonly address: Cidr }
    /** `via` null: what it leads to is on the link. */
    | { readonly kind: "route" | "no-route"; readonly to: Cidr; readonly via: Ipv4 | Ipv6 | null }
  );

const viaText = (via: Ipv4 | Ipv6 | null): string => (via === null ? "" : ` via ${via}`);

/** As one would say it to ip(8). */
export const changeText = (change: Change): string => {
  const { ifname } = change;
  switch (change.kind) {
    case "up":
      return `ip link set dev ${ifname} up`;
    case "mtu":
      return `ip link set dev ${ifname} mtu ${change.mtu}`;
    case "mac":
      return `ip link set dev ${ifname} address ${change.mac}`;
    case "alias":
      return `ip link set dev ${ifname} alias ${change.alias}`;
    case "address":
      return `ip address replace ${change.address} dev ${ifname}`;
    case "no-address":
      return `ip address del ${change.address} dev ${ifname}`;
    case "route":
      return `ip route replace ${change.to}${viaText(change.via)} dev ${ifname}`;
    case "no-route":
      return `ip route del ${change.to}${viaText(change.via)} dev ${ifname}`;
  }
};

/** A veth pair to be: one end here, on a master, the other in a namespace that is held open. */
export type Pair = {
  readonly port: Ifname;
  readonly portMac: Mac;
  readonly peer: Ifname;
  readonly peerMac: Mac;
  readonly master: Ifname;
  readonly netns: Netns;
  /** Bytes, of both. */
  readonly mtu: number;
};

export const pairText = ({ port, portMac, peer, peerMac, master, mtu }: Pair): string =>
  `ip link add ${port} address ${portMac} mtu ${mtu} master ${master} type veth peer name ${peer} address ${peerMac}`;
