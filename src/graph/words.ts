/** What the nodes of a graph say, in whatever way they are drawn. */
import { shortId } from "../containers/attachment.ts";
import { calledAs, type Entry, expiryText } from "../containers/entry.ts";
import { printable } from "../screen/text.ts";
import type { Bridge, Foreign } from "./model.ts";

export const bridgeWords = ({ state, mtu, networks }: Bridge): readonly string[] => [
  state,
  ...(mtu === null ? [] : [`mtu ${mtu}`]),
  ...(networks.length === 0 ? [] : [`network${networks.length > 1 ? "s" : ""} ${networks.join(", ")}`]),
];

export const uplinkWords = ({ kind, state }: Foreign): readonly string[] => ["uplink", kind, state];

export const otherWords = ({ kind, state }: Foreign): readonly string[] => ["not berth's", kind, state];

/** `web1 (4b94d0da2047)`. */
export const containerTitle = (entry: Entry): string =>
  printable(entry.name === null ? shortId(calledAs(entry)) : `${entry.name} (${shortId(entry.container)})`);

export const leaseWords = (entry: Entry): string => {
  const left = expiryText(entry);
  if (left === "" || entry.state !== "bound") return entry.state;
  return left === "never" ? "bound for ever" : `bound, ${left} left`;
};

/** `eth0`, its addresses, its MAC. */
export const containerWords = ({ ifname, addresses, mac }: Entry): readonly string[] => [
  ifname,
  ...addresses,
  ...(mac === null ? [] : [mac]),
];
