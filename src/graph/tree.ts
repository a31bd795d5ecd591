/** The graph as a tree on a terminal. */
import { stateStyles } from "../list/cells.ts";
import type { Styled } from "../screen/colour.ts";
import { cutStyled, type Glyphs, widthOf } from "../screen/text.ts";
import { type Bridge, type Foreign, type Graph, isStranded, type Port } from "./model.ts";
import { bridgeWords, containerTitle, containerWords, leaseWords, otherWords, uplinkWords } from "./words.ts";

/** `width`: columns; infinite elsewhere than on a terminal. */
export type Look = { readonly styled: Styled; readonly glyphs: Glyphs; readonly width: number };

/** `more` stands beside `text` where there is room, else below it. */
type Node = { readonly text: string; readonly more: string; readonly below: readonly Node[] };

const trouble = ["gone", "missing", "down", "off the bridge"];

const words = (list: readonly string[], { styled, glyphs }: Look): string =>
  list.map((word) => (trouble.includes(word) ? styled.red(word) : styled.dim(word))).join(styled.dim(glyphs.dot));

const portNode = ({ port, state, container }: Port, look: Look): Node => {
  const { styled, glyphs } = look;
  if (container === null) return { text: port, more: words([state, "nobody's: berth gc removes it"], look), below: [] };
  const style = stateStyles[container.state];
  const lease = leaseWords(container);
  const shown = style === undefined ? lease : styled[style](lease);
  const more = `${words(containerWords(container), look)}${styled.dim(glyphs.dot)}${shown}`;
  const below = { text: styled.bold(containerTitle(container)), more, below: [] };
  return { text: port, more: words([state], look), below: [below] };
};

const foreignNode = ({ ifname }: Foreign, said: readonly string[], look: Look): Node => ({
  text: ifname,
  more: words(said, look),
  below: [],
});

const bridgeNode = (bridge: Bridge, look: Look): Node => ({
  text: look.styled.bold(bridge.bridge),
  more: words(bridgeWords(bridge), look),
  below: [
    ...(isStranded(bridge) ? [{ text: look.styled.red("no uplink"), more: "", below: [] }] : []),
    ...bridge.uplinks.map((one) => foreignNode(one, uplinkWords(one), look)),
    ...bridge.ports.map((one) => portNode(one, look)),
    ...bridge.others.map((one) => foreignNode(one, otherWords(one), look)),
  ],
});

/** `first` is before the node's text, `further` before all that is below it. */
const linesOf = ({ text, more, below }: Node, first: string, further: string, look: Look): readonly string[] => {
  const { branch, last, through } = look.glyphs;
  const whole = `${first}${text}${more === "" ? "" : `  ${more}`}`;
  const own = widthOf(whole) <= look.width ? [whole] : [`${first}${text}`, `${further}  ${more}`];
  const blank = " ".repeat(through.length);
  return [
    ...own.map((line) => cutStyled(line, look.width, look.glyphs.cut)),
    ...below.flatMap((node, at) =>
      at < below.length - 1
        ? linesOf(node, `${further}${branch}`, `${further}${through}`, look)
        : linesOf(node, `${further}${last}`, `${further}${blank}`, look),
    ),
  ];
};

export const treeLines = (graph: Graph, look: Look): readonly string[] =>
  graph.flatMap((bridge) => linesOf(bridgeNode(bridge, look), "", "", look));
