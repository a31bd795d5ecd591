/**
 * Why an acquisition ended without a lease: the tags from which the message for a person is made.
 */
import type { Ipv4 } from "../net/address.ts";
import type { MaybeLease, Rejection, State } from "./state.ts";

/** `code` is the system's own, e.g. `EADDRINUSE`. */
export type SendFailure = { readonly code: string; readonly message: string };

export type AcquireFailure =
  /** Nobody answered; `requests` for the address of last time (INIT-REBOOT), then `discovers`. */
  | { readonly kind: "no-offer"; readonly discovers: number; readonly requests: number }
  /** Every answer lacked something without which it is no lease. */
  | { readonly kind: "only-bad-offers"; readonly reasons: readonly Rejection[] }
  /** A server made an offer, and was silent when it was taken. */
  | { readonly kind: "no-ack"; readonly server: Ipv4; readonly address: Ipv4 }
  /** `count` refusals; server and text of the last. */
  | { readonly kind: "nak"; readonly server: Ipv4; readonly text: string | null; readonly count: number }
  /** Somebody else has the address; it was declined. */
  | { readonly kind: "conflict"; readonly address: Ipv4 }
  /** The time was up while the address was being probed. */
  | { readonly kind: "probe-unfinished"; readonly address: Ipv4 }
  | { readonly kind: "aborted"; readonly why: string }
  | ({ readonly kind: "socket" } & SendFailure);

/** `maybeLease`: what a server may have granted all the same, to be released by the caller. */
export type AcquireError = AcquireFailure & { readonly maybeLease: MaybeLease | null };

/** What to blame when the time is up. `unsent` is given where not one message could be sent. */
export const failureAtDeadline = (state: State, unsent: SendFailure | null): AcquireFailure => {
  const { discovers, requests, rejected, naks, lastSetback } = state.diagnosis;
  if (unsent !== null) return { kind: "socket", ...unsent };
  if ("granted" in state && state.granted !== null) {
    return { kind: "probe-unfinished", address: state.granted.lease.address };
  }
  const ackRejected = rejected.some((one) => one.message === "ACK");
  if (state.name === "REQUESTING" && !ackRejected) {
    return { kind: "no-ack", server: state.server, address: state.address };
  }
  if (rejected.length > 0 && (lastSetback === null || (lastSetback.kind === "no-ack" && ackRejected))) {
    return { kind: "only-bad-offers", reasons: rejected };
  }
  switch (lastSetback?.kind) {
    case "nak":
      return { kind: "nak", server: lastSetback.server, text: lastSetback.text, count: naks };
    case "conflict":
      return { kind: "conflict", address: lastSetback.address };
    case "no-ack":
      return { kind: "no-ack", server: lastSetback.server, address: lastSetback.address };
    default:
      return { kind: "no-offer", discovers, requests };
  }
};
