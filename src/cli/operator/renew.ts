/** The commands `renew` and `release`. */
import type { OperatorCommand, Option } from "./command.ts";

const container = { name: "container", description: "which container", completes: "container" } as const;
const ifname: Option = { name: "ifname", short: "i", value: "name", description: "this interface of it only" };
const json: Option = { name: "json", description: "an array of {container, ifname, done, message}" };

export const renewCommand: OperatorCommand = {
  name: "renew",
  summary: "renew a container's lease now",
  description: [
    "Asks the DHCP server to prolong the container's lease, as happens by itself at half its time, and applies what the server changed: address, routes, DNS. A lease that was lost or released is asked for anew.",
    "The keeper does it where one runs; without one this command does.",
  ],
  arguments: [container],
  options: [ifname, json],
  examples: [{ line: "berth renew web1", does: "renew the lease of web1 and say until when it holds" }],
  run: async (call) => (await import("../../keeper/renewCommand.ts")).renew(call),
};

export const releaseCommand: OperatorCommand = {
  name: "release",
  summary: "hand back the lease of a container that goes on running",
  description: [
    "Sends DHCPRELEASE from the container and takes its address and routes away. The container runs on WITHOUT A NETWORK ADDRESS: its connections break, and the server may give the address to somebody else at once. 'berth renew' asks for an address again.",
    "There is no need for it when a container stops: then the lease is released by itself.",
  ],
  arguments: [container],
  options: [ifname, json],
  examples: [{ line: "berth release web1", does: "take the address of web1 away and give it back to the server" }],
  run: async (call) => (await import("../../keeper/releaseCommand.ts")).release(call),
};
