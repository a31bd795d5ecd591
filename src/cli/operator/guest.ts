/** The commands for containers that run already: `attach`, `detach`, `wait`, `route`, `rule`, `tc`. */
import type { Argument, OperatorCommand, Option } from "./command.ts";

const ifname: Option = { name: "ifname", short: "i", value: "name", description: "the interface in the container" };
const which: readonly Option[] = [
  { name: "pid", value: "pid", description: "instead of a container's name: one of its processes" },
  {
    name: "netns",
    value: "path",
    description: "instead of a container's name: a network namespace, like /run/netns/blue",
    completes: "file",
  },
  {
    name: "runtime-root",
    value: "dir",
    description: "where runc or crun keeps its state, if not where it does by default",
    completes: "directory",
  },
];
const container: Argument = { name: "container", description: "which container", completes: "container" };

export const attachCommand: OperatorCommand = {
  name: "attach",
  summary: "put a container that runs already on a network",
  description: [
    "Gives a running container an interface on a network of ours and waits for its lease, as the hook does before a container starts; prints what 'berth inspect' prints. The container may be Docker's, podman's, runc's or crun's, or any process or network namespace. Nothing has to be registered: when it ends, the keeper releases what it had.",
    "Words: [network|bridge] CONTAINER [dhcp | ADDRESS/PREFIX[@GATEWAY]...] [MAC]. The first is a network's name in berth.json, a bridge, or mac:ADDRESS, which names the bridge that has this MAC or whose uplink has it. Several addresses are several words, or one with commas. U:TEXT is a MAC made from that text, always the same.",
    "A container that has interfaces already keeps its resolv.conf, its hosts and its default route; a gateway that is given with an address replaces the default route.",
  ],
  arguments: [
    {
      name: "word",
      description: "[network|bridge] CONTAINER [dhcp | ADDRESS/PREFIX[@GATEWAY]...] [MAC]",
      count: "any",
      completes: "container",
    },
  ],
  options: [
    { ...ifname, description: "the interface in the container (default: the network's, eth0)" },
    { name: "port", short: "l", value: "name", description: "what its end on the host is called" },
    ...which,
    { name: "json", description: "an array" },
  ],
  examples: [
    { line: "berth attach web1", does: "on the default network, by DHCP, as eth0" },
    { line: "berth attach -i eth1 web1", does: "a second interface beside the one that Docker gave it" },
    { line: "berth attach br0 web1 10.0.0.5/24@10.0.0.1 U:web1", does: "a fixed address, and a MAC made from a text" },
    { line: "berth attach --netns /run/netns/blue", does: "a network namespace without a container" },
  ],
  run: async (call) => (await import("../../guest/attachCommand.ts")).attachGuest(call),
};

export const detachCommand: OperatorCommand = {
  name: "detach",
  summary: "take an interface of berth's from a container that goes on running",
  description: [
    "Deletes the interface and its port and hands the lease back. Only interfaces that berth made are touched. The container's resolv.conf stays as it is.",
  ],
  arguments: [container],
  options: [
    { ...ifname, description: "this interface of it only" },
    { name: "all", description: "all interfaces that berth gave it" },
    { name: "json", description: "an array of {container, ifname, done, message}" },
  ],
  examples: [
    { line: "berth detach web1", does: "its only interface of berth's" },
    { line: "berth detach -i eth1 web1", does: "one of several" },
  ],
  run: async (call) => (await import("../../guest/detachCommand.ts")).detachGuest(call),
};

export const waitCommand: OperatorCommand = {
  name: "wait",
  summary: "wait until an interface has an address",
  description: [
    "Ends when the interface is up and has an address; a link alone is not enough. Without a container it looks at the network namespace that it runs in: for the start script of an image that was started without a network and is attached later.",
  ],
  arguments: [{ ...container, description: "on the host: which container", count: "optional" }],
  options: [
    { ...ifname, description: "which interface (default eth0)" },
    { name: "timeout", value: "seconds", description: "exit with 1 after this time (default 60)" },
    ...which,
    { name: "json", description: "{ifname, addresses}" },
  ],
  examples: [
    { line: "berth wait -i eth1 web1", does: "until web1 has an address on eth1" },
    { line: "berth wait && exec my-server", does: "inside a container, if berth is in its image" },
  ],
  run: async (call) => (await import("../../guest/waitCommand.ts")).waitForAddress(call),
};

const inside = (
  name: "route" | "rule" | "tc",
  program: string,
  examples: OperatorCommand["examples"],
): OperatorCommand => ({
  name,
  summary: `run '${program}' on a container's network`,
  description: [
    `Runs the host's '${program}' in the network namespace of a running container, whichever made it; its words are those of '${program}'. What is set by hand on an interface of berth's stays until the lease changes it; what is missing there of the lease's is put back by the keeper.`,
  ],
  arguments: [
    { ...container, count: "optional" },
    { name: "word", description: `the words of ${program}`, count: "any" },
  ],
  options: [...which, { name: "json", description: "what the program prints with its option -json" }],
  examples,
  passThrough: true,
  run: async (call) => (await import("../../guest/runInside.ts")).runInside(call, name),
});

export const routeCommand = inside("route", "ip route", [
  { line: "berth route web1", does: "its routes" },
  { line: "berth route web1 add 192.0.2.0/24 via 10.0.0.1", does: "one more" },
]);
export const ruleCommand = inside("rule", "ip rule", [{ line: "berth rule web1 list", does: "its routing rules" }]);
export const tcCommand = inside("tc", "tc", [
  {
    line: "berth tc web1 qdisc add dev eth0 root tbf rate 10mbit burst 32kbit latency 400ms",
    does: "at most 10 Mbit/s out of web1",
  },
]);
