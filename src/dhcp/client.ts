/**
 * The client as the hook uses it: one UDP socket in the container's network namespace, one acquisition, the socket closed.
 *
 * UDP rather than raw frames works because the client asks for broadcast replies (RFC 2131 §4.1) and the namespace has a route for
 * 255.255.255.255 on the one interface there is.
 */
import { err, ok, type Result } from "neverthrow";
import { type Ipv4, parseIpv4 } from "../net/address.ts";
import { type Acquired, type AcquireOptions, acquireOver, type Transport } from "./acquire.ts";
import type { AcquireError, SendFailure } from "./acquireError.ts";

export type { Acquired, AcquireError, AcquireOptions };

const CLIENT_PORT = 68;
const SERVER_PORT = 67;

type Socket = Bun.udp.Socket<"uint8array">;
type Take = (bytes: Uint8Array, from: Ipv4) => void;

export const sendFailure = (error: unknown): SendFailure => {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return { code, message };
};

/** Twice at most: after an ICMP error the next send to a healthy peer throws for the old one. */
const sendOver = (socket: Socket, bytes: Uint8Array, to: Ipv4): Result<void, SendFailure> => {
  let last: SendFailure = { code: "EAGAIN", message: "the socket's buffer is full" };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      if (socket.send(bytes, SERVER_PORT, to)) return ok(undefined);
    } catch (error) {
      last = sendFailure(error);
    }
  }
  return err(last);
};

export type ClientSocket = Pick<Transport, "send"> & { readonly close: () => void };

/**
 * Port 68 in the namespace that the calling thread is in when this function is called: the socket is made before it
 * returns, and stays there when the thread leaves. Rejects where the port cannot be had.
 */
export const openClientSocket = async (take: Take): Promise<ClientSocket> => {
  const socket = await Bun.udpSocket({
    hostname: "0.0.0.0",
    port: CLIENT_PORT,
    binaryType: "uint8array",
    socket: {
      data: (_socket, data, _port, address) => {
        // From whatever port: relays exist that don't answer from 67. The xid tells what is for us.
        const from = parseIpv4(address);
        if (from !== undefined) take(data, from);
      },
      // Without this handler one ICMP "unreachable" ends the process. The retransmission is the answer to it.
      error: () => {},
    },
  });
  socket.setBroadcast(true);
  return { send: (bytes, to) => sendOver(socket, bytes, to), close: () => socket.close() };
};

/**
 * A lease from the production DHCP server. To be called on the main thread inside the container's netns: the socket is made before
 * this function returns, and stays in that namespace when the caller leaves it; the first message is sent one microtask later. The
 * socket is closed when the promise settles. It never rejects.
 */
export const acquire = async (options: AcquireOptions): Promise<Result<Acquired, AcquireError>> => {
  let take: Take = () => {};
  let socket: ClientSocket | undefined;
  try {
    socket = await openClientSocket((bytes, from) => take(bytes, from));
    const transport: Transport = {
      send: socket.send,
      onDatagram: (taker) => {
        take = taker;
      },
    };
    return await acquireOver(transport, options);
  } catch (error) {
    return err({ kind: "socket", ...sendFailure(error), maybeLease: null });
  } finally {
    socket?.close();
  }
};
