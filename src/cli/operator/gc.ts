/** The command `gc`. */
import type { OperatorCommand } from "./command.ts";

export const gcCommand: OperatorCommand = {
  name: "gc",
  summary: "hand back and clean up what no container needs any more",
  description: [
    'Compares the records with the containers, ports and files that there are, and puts right what does not fit: leases of containers that have ended are released, ports without a record deleted, interfaces of running containers that were taken apart repaired (or reported, or the container stopped: "gc": {"broken": ...} in berth.json).',
    "The keeper does the same every minute. What is not berth's is never touched, nor a container that is being started or stopped at this moment.",
  ],
  arguments: [],
  options: [
    { name: "dry-run", short: "n", description: "only print what would be done" },
    { name: "unlogged", description: "do not write to the event log" },
    { name: "json", description: "an array of {kind, outcome, event, message, container, ifname}" },
  ],
  examples: [
    { line: "berth gc --dry-run", does: "what there is to clean up" },
    { line: "berth gc", does: "clean it up now" },
  ],
  run: async (call) => (await import("../../gc/command.ts")).gc(call),
};
