/** The command `ls`. */
import type { OperatorCommand } from "./command.ts";

export const lsCommand: OperatorCommand = {
  name: "ls",
  summary: "list what is attached",
  description: [
    "Prints a table of all attachments: container, name, network, bridge, port, interface, MAC, IP address, state of the lease and when it ends. On a narrow terminal a row takes two lines. Elsewhere than on a terminal the columns are separated by tabs and nothing is cut.",
    "The state is: bound (the lease is valid), acquiring (it is being asked for), lost (it ended and another is asked for), released (an operator gave it back), expired (its time is over), static (there is no lease), ended (the container is gone and nobody has taken the attachment down), broken (the record cannot be used).",
    "With --json: an array of objects with container, name, network, ifname, bridge, port, mac, addresses, state, expiresInSeconds, expiresAt, leaseSeconds and error.",
  ],
  arguments: [],
  options: [
    { name: "watch", short: "w", description: "keep on, until Ctrl-C; with --json a line at every change" },
    { name: "network", value: "name", description: "this network only", completes: "network" },
  ],
  examples: [
    { line: "berth ls", does: "what is attached" },
    { line: "berth ls --watch --network dmz", does: "the same of the network dmz, kept up to date" },
    { line: "berth ls --json | jq -r '.[] | select(.state != \"bound\") | .container'", does: "who has no lease" },
  ],
  run: async (call) => (await import("../../list/list.ts")).list(call),
};
