/** The graph as nodes and edges with names that are fit for any drawing language: for DOT and Mermaid. */
import type { Graph } from "./model.ts";
import { bridgeWords, containerTitle, containerWords, leaseWords, otherWords, uplinkWords } from "./words.ts";

export type NodeKind = "bridge" | "uplink" | "port" | "container" | "other";
/** `id`: `n` and a number. `lines`: what the node says. */
export type GraphNode = { readonly id: string; readonly kind: NodeKind; readonly lines: readonly string[] };
export type Edge = readonly [string, string];

export const nodesAndEdges = (
  graph: Graph,
): { readonly nodes: readonly GraphNode[]; readonly edges: readonly Edge[] } => {
  const nodes: GraphNode[] = [];
  const edges: Edge[] = [];
  const add = (kind: NodeKind, lines: readonly string[]): string => {
    const id = `n${nodes.length + 1}`;
    nodes.push({ id, kind, lines });
    return id;
  };
  for (const bridge of graph) {
    const middle = add("bridge", [bridge.bridge, ...bridgeWords(bridge)]);
    for (const uplink of bridge.uplinks) edges.push([add("uplink", [uplink.ifname, ...uplinkWords(uplink)]), middle]);
    for (const { port, state, container } of bridge.ports) {
      const end = add("port", [port, state]);
      edges.push([middle, end]);
      if (container === null) continue;
      const words = [...containerWords(container), leaseWords(container)];
      edges.push([end, add("container", [containerTitle(container), ...words])]);
    }
    for (const other of bridge.others) edges.push([middle, add("other", [other.ifname, ...otherWords(other)])]);
  }
  return { nodes, edges };
};
