/** The command `graph`. */
import type { OperatorCommand } from "./command.ts";

export const graphCommand: OperatorCommand = {
  name: "graph",
  summary: "draw bridges, uplinks, ports and containers",
  description: [
    "Draws what is connected to what, as it is at this moment: every bridge that a network is configured on or a container is attached to, its uplinks, its ports, and the containers behind them. Ports of the bridge that are not berth's are shown as such.",
    "An uplink is a port that is a network card or something on top of one (a bond, a VLAN, a tunnel); or, where there is none of those, the only port that is not berth's.",
    "Without an option it is a tree, on a terminal no wider than that.",
  ],
  arguments: [],
  options: [
    {
      name: "svg",
      value: "file",
      description: "write a picture to this file (- is standard output)",
      completes: "file",
    },
    { name: "dot", description: "print it in Graphviz' language" },
    { name: "mermaid", description: "print it in Mermaid's language" },
    { name: "network", value: "name", description: "this network only", completes: "network" },
  ],
  examples: [
    { line: "berth graph", does: "a tree" },
    { line: "berth graph --svg berth.svg", does: "a picture, for a browser or a document" },
    { line: "berth graph --dot | dot -Tpng >berth.png", does: "the same, drawn by Graphviz" },
  ],
  run: async (call) => (await import("../../graph/graph.ts")).graph(call),
};
