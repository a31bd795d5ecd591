/**
 * The graph as a picture: uplinks on the left, then the bridge, its ports, and the containers. It has colours for a light and for
 * a dark page, and says everything in text as well.
 */
import { widthOf } from "../screen/text.ts";
import { type Bridge, type Graph, isStranded } from "./model.ts";
import { type Box, boxHeight, boxSvg, edgeSvg, escaped } from "./svgShapes.ts";
import { bridgeWords, containerTitle, containerWords, leaseWords, otherWords } from "./words.ts";

const margin = 20;
const gap = 50;
/** Between rows, and between bridges. */
const between = 10;
const apart = 34;
/** Of a column of text: a monospaced letter of 12 pixels is 0.6 of that wide. */
const letter = 7.3;
const padding = 12;

type Words = Pick<Box, "kind" | "title" | "words"> & { readonly note?: Box["note"] };

const textWidth = ({ title, words, note }: Words): number => {
  const first = `${title}${note === undefined ? "" : `    ${note.text}`}`;
  // A bold letter is no wider, but what replaces the font may be.
  return Math.max(widthOf(first), widthOf(words.join(" · "))) * letter + 2 * padding;
};

/** A row: a port and what is behind it, or a port that is not ours. */
type RowWords = { readonly port: Words; readonly container: Words | null };

const rowsOf = ({ ports, others }: Bridge): readonly RowWords[] => [
  ...ports.map(({ port, state, container }): RowWords => {
    if (container === null)
      return { port: { kind: "trouble", title: port, words: [state, "nobody's"] }, container: null };
    const kind = state === "gone" || state === "off the bridge" || state === "down" ? "trouble" : "port";
    const note = { text: leaseWords(container), state: container.state };
    const behind = {
      kind: "container",
      title: containerTitle(container),
      words: containerWords(container),
      note,
    } as const;
    return { port: { kind, title: port, words: [state] }, container: behind };
  }),
  ...others.map(
    (one): RowWords => ({ port: { kind: "other", title: one.ifname, words: otherWords(one) }, container: null }),
  ),
];

type Widths = { readonly uplink: number; readonly bridge: number; readonly port: number; readonly container: number };

const widest = (list: readonly Words[]): number =>
  Math.ceil(list.reduce((most, one) => Math.max(most, textWidth(one)), 0));

const uplinkBoxes = (bridge: Bridge): readonly Words[] =>
  isStranded(bridge)
    ? [{ kind: "trouble", title: "no uplink", words: ["the bridge leads nowhere"] }]
    : bridge.uplinks.map(({ ifname, kind, state }) => ({
        kind: "uplink",
        title: ifname,
        words: ["uplink", kind, state],
      }));

const bridgeBox = (bridge: Bridge): Words => ({
  kind: bridge.state === "missing" || bridge.state === "down" ? "trouble" : "bridge",
  title: bridge.bridge,
  words: bridgeWords(bridge),
});

const widthsOf = (graph: Graph): Widths => {
  const rows = graph.flatMap(rowsOf);
  return {
    uplink: widest(graph.flatMap(uplinkBoxes)),
    bridge: widest(graph.map(bridgeBox)),
    port: widest(rows.map(({ port }) => port)),
    container: widest(rows.flatMap(({ container }) => container ?? [])),
  };
};

/** The drawing of one bridge from `top` on, and where it ends. */
const bridgeSvg = (bridge: Bridge, widths: Widths, top: number): { readonly svg: string; readonly bottom: number } => {
  const at = { uplink: margin, bridge: margin + (widths.uplink === 0 ? 0 : widths.uplink + gap) };
  const portX = at.bridge + widths.bridge + gap;
  const containerX = portX + widths.port + gap;
  const step = boxHeight + between;
  const rows = rowsOf(bridge);
  const left = uplinkBoxes(bridge);
  const height = Math.max(1, rows.length, left.length) * step - between;
  const middle: Box = { ...bridgeBox(bridge), x: at.bridge, y: top, width: widths.bridge, height };
  const centred = top + (height - (left.length * step - between)) / 2;
  const uplinks = left.map((words, index): Box => {
    return { ...words, x: at.uplink, y: centred + index * step, width: widths.uplink, height: boxHeight };
  });
  const ports = rows.map(({ port }, index): Box => {
    return { ...port, x: portX, y: top + index * step, width: widths.port, height: boxHeight };
  });
  const containers = rows.flatMap(({ container }, index): readonly Box[] =>
    container === null
      ? []
      : [{ ...container, x: containerX, y: top + index * step, width: widths.container, height: boxHeight }],
  );
  const line = (from: Box, to: Box): string =>
    edgeSvg(from.x + from.width, to.x, from.height < to.height ? from.y : to.y);
  const edges = [
    ...(bridge.uplinks.length === 0 ? [] : uplinks.map((uplink) => line(uplink, middle))),
    ...ports.map((port) => line(middle, port)),
    ...containers.map((box) => edgeSvg(portX + widths.port, box.x, box.y)),
  ];
  const boxes = [...uplinks, middle, ...ports, ...containers].map(boxSvg);
  return { svg: [...edges, ...boxes].join("\n"), bottom: top + height };
};

const style = `
  svg { font: 12px "DejaVu Sans Mono", Menlo, Consolas, monospace; }
  .page { fill: #ffffff; } .line { stroke: #8b949e; stroke-width: 1.5; } text { fill: #1f2328; } .title { font-weight: bold; }
  .words { fill: #59636e; } rect { stroke: #8b949e; fill: #f6f8fa; } .page { stroke: none; }
  .bridge rect { fill: #ddf4ff; stroke: #0969da; } .uplink rect { fill: #fff8c5; stroke: #9a6700; }
  .container rect { fill: #ffffff; stroke: #59636e; } .trouble rect { fill: #ffebe9; stroke: #cf222e; }
  .other rect { stroke-dasharray: 4 3; } .good { fill: #1a7f37; } .wait { fill: #9a6700; } .bad { fill: #cf222e; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; } .line { stroke: #6e7681; } text { fill: #e6edf3; } .words { fill: #9198a1; }
    rect { stroke: #6e7681; fill: #161b22; } .bridge rect { fill: #0c2d6b; stroke: #58a6ff; }
    .uplink rect { fill: #3a2d00; stroke: #d29922; } .container rect { fill: #0d1117; stroke: #9198a1; }
    .trouble rect { fill: #4c1012; stroke: #f85149; } .good { fill: #3fb950; } .wait { fill: #d29922; } .bad { fill: #f85149; }
  }`;

/** `title` is what the picture is called, for those who hear it. */
export const svgText = (graph: Graph, title: string): string => {
  const widths = widthsOf(graph);
  const total = widths.uplink + widths.bridge + widths.port + widths.container;
  const columns = Object.values(widths).filter((width) => width > 0).length;
  const width = Math.ceil(2 * margin + total + gap * Math.max(0, columns - 1));
  let bottom = margin - apart;
  const parts = graph.map((bridge) => {
    const drawn = bridgeSvg(bridge, widths, bottom + apart);
    ({ bottom } = drawn);
    return drawn.svg;
  });
  const height = Math.ceil(Math.max(0, bottom) + margin);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<style>${style}
</style>
<rect class="page" width="${width}" height="${height}"/>
${parts.join("\n")}
</svg>
`;
};
