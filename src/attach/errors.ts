/**
 * What can go wrong while attaching, and the one place where it becomes a sentence: what happened, on what, what to do.
 */
import type { BridgeError } from "../bridge/driver.ts";
import type { AcquireError } from "../dhcp/client.ts";
import { acquireErrorText } from "../dhcp/errorText.ts";
import type { FileError } from "../host/files.ts";
import type { NetnsError } from "../netns/enter.ts";
import type { IpError } from "../netns/ip.ts";
import type { MacError } from "./chooseMac.ts";
import type { Aborted, PortError } from "./port.ts";
import type { ReleaseError } from "./release.ts";

export type AttachError =
  | BridgeError
  | AcquireError
  | FileError
  | NetnsError
  | IpError
  | MacError
  | PortError
  | Aborted;

export const bridgeErrorText = (error: BridgeError): string => {
  switch (error.kind) {
    case "bridge-missing":
      return `the bridge ${error.bridge} does not exist: create it ('ip link add ${error.bridge} type bridge'), or name the right one in berth.json`;
    case "not-a-bridge":
      return `${error.bridge} is not a Linux bridge: name the bridge, not its uplink, in berth.json`;
    case "bridge-down":
      return `the bridge ${error.bridge} is down: 'ip link set ${error.bridge} up'`;
    case "foreign-sysfs":
      return `/sys does not show ${error.bridge}, which this network namespace has: /sys was mounted in another network namespace`;
    case "port-exists":
      return `an interface named ${error.port} exists already and is not ours: remove it ('ip link del ${error.port}')`;
    case "plug-failed":
      return `could not put ${error.port} on ${error.bridge}: '${error.line}' said: ${error.why}`;
  }
};

/** What ip(8) said. */
export const ipErrorText = (error: IpError): string => `'${error.line}' said: ${error.why}`;

const portErrorText = (error: PortError): string =>
  `the bridge did not forward the port ${error.port} within ${error.waitedMs} ms (spanning tree?): lower its forward delay ('ip link set BRIDGE type bridge forward_delay 200') or raise dhcp.timeout`;

const fileErrorText = (error: FileError): string => `${error.message}: is there space, and is the directory writable?`;

/** One line for a person. */
export const attachErrorText = (error: AttachError): string => {
  switch (error.kind) {
    case "bridge-missing":
    case "not-a-bridge":
    case "bridge-down":
    case "foreign-sysfs":
    case "port-exists":
    case "plug-failed":
      return bridgeErrorText(error);
    case "file":
      return fileErrorText(error);
    case "netns":
      return `could not ${error.attempted}: ${error.why}`;
    case "ip":
      return ipErrorText(error);
    case "mac-taken":
      return `the MAC ${error.mac} belongs to another container on this host: choose another one`;
    case "no-free-mac":
      return `no free MAC among ${error.tried} candidates`;
    case "port-silent":
      return portErrorText(error);
    default:
      return "maybeLease" in error ? acquireErrorText(error) : `given up: ${error.why}`;
  }
};

/** Why a lease could not be handed back, on one line. */
export const releaseErrorText = (error: ReleaseError): string => {
  switch (error.kind) {
    case "server-unreachable":
      return `${error.nextHop}, by which the DHCP server is reached, did not answer ARP within ${error.waitedMs} ms`;
    case "send-failed":
      return `sending failed: ${error.why}`;
    case "aborted":
      return error.why;
    case "netns":
      return `could not ${error.attempted}: ${error.why}`;
    case "ip":
      return ipErrorText(error);
    case "port-silent":
      return portErrorText(error);
    default:
      return bridgeErrorText(error);
  }
};
