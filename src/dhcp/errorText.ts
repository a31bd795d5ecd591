/** The sentences for an acquisition that ended without a lease. */
import type { AcquireError } from "./acquireError.ts";
import type { LeaseDefect } from "./leaseFromAck.ts";
import type { Rejection } from "./state.ts";

const defectText = (defect: LeaseDefect): string => {
  switch (defect.kind) {
    case "no-server":
      return "without a server identifier";
    case "no-mask":
      return "without a subnet mask (option 1)";
    case "bad-mask":
      return `with the impossible subnet mask ${defect.mask}`;
    case "bad-address":
      return "which no host can have";
    case "own-server":
      return "which is the server's own address by its server identifier (option 54)";
    case "no-lease-time":
      return "without a lease time (option 51)";
  }
};

const rejectionText = ({ message, server, address, defect }: Rejection): string =>
  `${server} answered with ${message} of ${address} ${defectText(defect)}`;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const sentText = ({ requests, discovers }: { readonly requests: number; readonly discovers: number }): string =>
  requests === 0
    ? `${counted(discovers, "DISCOVER")} sent`
    : `${counted(requests, "REQUEST")} for the address of last time and ${counted(discovers, "DISCOVER")} sent`;

/** What happened and what to do, on one line. Text from the server is quoted. */
export const acquireErrorText = (error: AcquireError): string => {
  switch (error.kind) {
    case "no-offer":
      return `no DHCP server offered an address (${sentText(error)}): is a server reachable from this bridge, and has its pool a free address?`;
    case "only-bad-offers":
      return `no usable DHCP offer: ${error.reasons.slice(-3).map(rejectionText).join("; ")}: mend the server's configuration`;
    case "no-ack":
      return `the DHCP server ${error.server} offered ${error.address} and then did not answer the request for it`;
    case "nak":
      return `the DHCP server ${error.server} refused ${error.count} times (NAK)${error.text === null || error.text === "" ? "" : ` saying ${JSON.stringify(error.text)}`}: see its log`;
    case "conflict":
      return `somebody else uses ${error.address}, which the DHCP server granted; it was declined: find the other host ('ip neigh')`;
    case "probe-unfinished":
      return `there was no time to make sure that ${error.address} is free: raise dhcp.timeout`;
    case "aborted":
      return `given up: ${error.why}`;
    case "socket":
      return `the DHCP exchange failed: ${error.code}: ${error.message}`;
  }
};
