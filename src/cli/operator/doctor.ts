/** The command `doctor`. */
import type { OperatorCommand } from "./command.ts";

export const doctorCommand: OperatorCommand = {
  name: "doctor",
  summary: "check the whole way from the configuration to the DHCP server",
  description: [
    "Looks at everything that has to be right and says for each thing whether it is well, odd or wrong, what follows from that, and the command that mends it: the configuration, this host's id, each network's bridge with its uplink, filters that eat bridged packets, the DHCP servers that answer (a real DISCOVER, from a temporary port; no address is taken), the hooks of the engines that are installed, the keeper, the records, the leases.",
    "Changes nothing. Takes about two seconds a network, more where no server answers.",
  ],
  arguments: [
    { name: "network", description: "this network, or bridge, only", count: "optional", completes: "network" },
  ],
  options: [{ name: "json", description: "an array of {check, level, what, means, mend}; level is ok, warn or fail" }],
  examples: [
    { line: "berth doctor", does: "everything" },
    { line: "berth doctor --json | jq -r '.[] | select(.level == \"fail\").mend'", does: "what mends what is wrong" },
  ],
  run: async (call) => (await import("../../doctor/command.ts")).doctor(call),
};
