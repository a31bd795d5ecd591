/** The graph in Graphviz' language (graphviz.org, "DOT Language"). */
import { type NodeKind, nodesAndEdges } from "./edges.ts";
import type { Graph } from "./model.ts";

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

const shapes: Readonly<Record<NodeKind, string>> = {
  bridge: "box3d",
  uplink: "cds",
  port: "box",
  container: "component",
  other: "box",
};

export const dotText = (graph: Graph): string => {
  const { nodes, edges } = nodesAndEdges(graph);
  return [
    "graph berth {",
    "  rankdir=LR;",
    '  node [fontname="monospace" fontsize=10];',
    ...nodes.map(({ id, kind, lines }) => {
      const label = lines.map((line) => quoted(line).slice(1, -1)).join("\\n");
      return `  ${id} [shape=${shapes[kind]}${kind === "other" ? " style=dashed" : ""} label="${label}"];`;
    }),
    ...edges.map(([from, to]) => `  ${from} -- ${to};`),
    "}",
    "",
  ].join("\n");
};
