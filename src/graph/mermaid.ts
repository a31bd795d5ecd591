/** The graph in Mermaid's language (mermaid.js.org, "Flowcharts"), which Git forges draw in their pages. */
import { type NodeKind, nodesAndEdges } from "./edges.ts";
import type { Graph } from "./model.ts";

/** Entity codes are Mermaid's way to say a character that has a meaning. */
const escaped = (text: string): string => text.replace(/[^A-Za-z0-9 _.,:/()'+-]/gu, (one) => `#${one.codePointAt(0)};`);

const around: Readonly<Record<NodeKind, readonly [string, string]>> = {
  bridge: ["[[", "]]"],
  uplink: [">", "]"],
  port: ["[", "]"],
  container: ["(", ")"],
  other: ["[", "]"],
};

export const mermaidText = (graph: Graph): string => {
  const { nodes, edges } = nodesAndEdges(graph);
  return [
    "flowchart LR",
    ...nodes.map(({ id, kind, lines }) => {
      const [open, close] = around[kind];
      return `  ${id}${open}"${lines.map(escaped).join("<br/>")}"${close}`;
    }),
    ...edges.map(([from, to]) => `  ${from} --- ${to}`),
    "",
  ].join("\n");
};
