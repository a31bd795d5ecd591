/** A line of `berth ls` as the cells of its table. */
import { shortId } from "../containers/attachment.ts";
import { addressText, type Entry, expiryText } from "../containers/entry.ts";
import type { Style } from "../screen/colour.ts";
import type { Row } from "../screen/table.ts";

/** Neighbours are partners on a narrow terminal. */
export const titles = [
  ...["CONTAINER", "NAME", "NETWORK", "BRIDGE", "PORT", "IFNAME", "MAC", "IP", "LEASE", "EXPIRES IN"],
];

/** How a state is coloured; a static address needs no attention. */
export const stateStyles: Readonly<Partial<Record<Entry["state"], Style>>> = {
  bound: "green",
  acquiring: "yellow",
  lost: "red",
  expired: "red",
  ended: "red",
  broken: "red",
};

export const cellsOf = (entry: Entry): Row => {
  const { container, name, network, ifname, bridge, port, mac, state } = entry;
  const style = stateStyles[state];
  return [
    { text: shortId(container) },
    { text: name ?? "" },
    { text: network ?? "" },
    { text: bridge ?? "", style: "dim" },
    { text: port ?? "", style: "dim" },
    { text: ifname, style: "dim" },
    { text: mac ?? "", style: "dim" },
    { text: addressText(entry) },
    { text: state, ...(style === undefined ? {} : { style }) },
    { text: expiryText(entry) },
  ];
};
