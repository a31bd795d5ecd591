/**
 * The two messages that hand an address back without a state machine: RELEASE (RFC 2131 §4.4.6) and DECLINE (§4.4.4), as bytes
 * for the wire.
 */
import { encodeMessage } from "./message.ts";
import { declineMessage, type Farewell, releaseMessage } from "./requests.ts";

/** RELEASE: to be sent from the address, port 68, to the server's port 67. No answer comes. */
export const buildRelease = (farewell: Farewell): Uint8Array => encodeMessage(releaseMessage(farewell));

/** DECLINE: to be broadcast to port 67. No answer comes. */
export const buildDecline = (farewell: Farewell): Uint8Array => encodeMessage(declineMessage(farewell));
