/** The commands `inspect` and `inspect-all`. */
import type { OperatorCommand, Option } from "./command.ts";

const full: Option = {
  name: "full",
  description: "the whole record too, the lease's times, and where the live state differs from what is recorded",
};
const json: Option = { name: "json", description: "one array instead of one object after the other" };

const words = [
  "The keys are those of network-wrapper: HWAddr, Bridge, IPAddress, IPPrefixLen, Gateway, DNS and DHCP_PID, which is the pid of berth's keeper (null where none runs).",
  "With --full there are besides: Name, State, Network, Interface, Port, Netns, Identity, ClientIdentifier, Hostname, Lease (State, Server, LeaseSeconds, ObtainedAt, RenewsAt, RebindsAt, ExpiresAt, ExpiresInSeconds), Live (what the host and the container have at this moment), Differences (Field, Recorded, Live) and Record (the record as it is stored).",
];

export const inspectCommand: OperatorCommand = {
  name: "inspect",
  summary: "print a container's network settings as JSON",
  description: [
    "Prints the network settings of a container, one JSON object an interface.",
    "A container is named by its id, the beginning of its id, its name in Docker or podman, its IP address, its MAC or its port on the bridge.",
    ...words,
  ],
  arguments: [
    { name: "container", description: "which container; several are allowed", count: "some", completes: "container" },
  ],
  options: [full, json],
  examples: [
    { line: "berth inspect web1", does: "the settings of the container web1" },
    { line: "berth inspect 10.0.0.21", does: "the settings of the container that has this address" },
    {
      line: "berth inspect --full web1 | jq .Lease.ExpiresAt",
      does: "when its lease ends, if nobody renews it",
    },
  ],
  run: async (call) => (await import("../../inspect/inspect.ts")).inspect(call),
};

export const inspectAllCommand: OperatorCommand = {
  name: "inspect-all",
  summary: "print the network settings of all containers as JSON",
  description: ["Prints what 'berth inspect' prints, of every container that is attached on this host."],
  arguments: [],
  options: [full, json],
  examples: [
    { line: "berth inspect-all | jq -r .NetworkSettings.IPAddress", does: "all addresses" },
    { line: "berth inspect-all --json | jq length", does: "how many interfaces there are" },
  ],
  run: async (call) => (await import("../../inspect/inspect.ts")).inspectAll(call),
};
