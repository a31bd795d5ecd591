/** The command `events`. */
import type { OperatorCommand } from "./command.ts";

export const eventsCommand: OperatorCommand = {
  name: "events",
  summary: "print what has happened: attachments, renewals, changes, failures, garbage",
  description: [
    "Prints the event log, which hooks and keeper append to: one line an event, the oldest first. It is bounded: at most two files of 1 MiB in the run directory.",
    "Events: attached, attach-failed, released, release-failed, not-ours, warning, keeper-started, keeper-stopped, renewed, renew-failed, changed, nak, lost, garbage, broken, repaired.",
  ],
  arguments: [
    {
      name: "container",
      description: "only events of containers whose id begins like this",
      count: "optional",
      completes: "container",
    },
  ],
  options: [
    { name: "follow", short: "f", description: "go on printing as events happen" },
    { name: "json", description: "one JSON object a line" },
  ],
  examples: [
    { line: "berth events -f", does: "watch what happens" },
    { line: "berth events --json | jq -r 'select(.event == \"changed\").message'", does: "which leases changed" },
  ],
  run: async (call) => (await import("../../events/command.ts")).events(call),
};
