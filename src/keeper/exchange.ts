/**
 * The packets of one exchange: a socket in the container's namespace, open from the first packet until no answer can be
 * expected any more. The namespace is entered for the moment in which the socket is made, and for nothing that waits.
 */
import { err, ok, type Result } from "neverthrow";
import { openToBroadcast } from "../attach/relink.ts";
import { type ClientSocket, openClientSocket, sendFailure } from "../dhcp/client.ts";
import type { Message } from "../dhcp/message.ts";
import { decodeMessage, encodeMessage } from "../dhcp/message.ts";
import { containerLives } from "../lease/life.ts";
import type { Ipv4 } from "../net/address.ts";
import { inNetns, type NetnsError } from "../netns/enter.ts";
import type { IpError } from "../netns/ip.ts";
import { type Gone, withContainerNetns } from "./container.ts";
import type { KeeperContext } from "./context.ts";
import type { Tended } from "./tended.ts";

const BROADCAST = "255.255.255.255" as Ipv4;
/** How long an answer is listened for after a packet has left, in milliseconds. An open socket keeps the namespace alive. */
const LISTEN = 8000;

export type Take = (message: Message, from: Ipv4) => void;

export type SendError = Gone | { readonly kind: "send"; readonly why: string };

export const closeSocket = (ctx: KeeperContext, t: Tended): void => {
  t.socket?.close();
  t.socket = null;
  const restore = t.closeBroadcast;
  t.closeBroadcast = null;
  if (restore === null || !containerLives(t.record)) return;
  withContainerNetns(t.record, (netns) => {
    restore(netns);
    return ok(undefined);
  }).mapErr(() => ctx.metrics.count("berth_renewal_failures_total", "netns"));
};

/** `broadcast`: with all that a broadcast needs while there is no address. */
const listen = async (ctx: KeeperContext, t: Tended, broadcast: boolean, take: Take): Promise<SendError | null> => {
  if (t.socket !== null && (!broadcast || t.closeBroadcast !== null)) return null;
  const opening = withContainerNetns(t.record, (netns): Result<Promise<ClientSocket>, IpError | NetnsError> => {
    if (broadcast && t.closeBroadcast === null) {
      const opened = openToBroadcast(netns, ctx.home, t.record.ifname);
      if (opened.isErr()) return err(opened.error);
      t.closeBroadcast = opened.value;
    }
    if (t.socket !== null) return ok(Promise.resolve(t.socket));
    return inNetns(netns, ctx.home, () =>
      ok(
        openClientSocket((bytes, from) => {
          ctx.metrics.count("berth_packets_received_total");
          decodeMessage(bytes).map((message) => take(message, from));
        }),
      ),
    );
  });
  if (opening.isErr()) {
    const { error } = opening;
    if (error.kind === "gone") return error;
    return { kind: "send", why: error.kind === "ip" ? `'${error.line}' said: ${error.why}` : error.why };
  }
  try {
    t.socket = await opening.value;
    return null;
  } catch (thrown) {
    return { kind: "send", why: `port 68 in the container: ${sendFailure(thrown).message}` };
  }
};

/** Sends, and listens for a while. Null: it has left. */
export const sendMessage = async (
  ctx: KeeperContext,
  t: Tended,
  message: Message,
  to: "broadcast" | Ipv4,
  take: Take,
): Promise<SendError | null> => {
  const problem = await listen(ctx, t, to === "broadcast", take);
  if (problem !== null) return problem;
  if (t.socket === null) return { kind: "send", why: "the socket was closed" };
  return t.socket.send(encodeMessage(message), to === "broadcast" ? BROADCAST : to).match(
    () => {
      t.listenUntil = ctx.now() + LISTEN;
      ctx.replan();
      ctx.metrics.count("berth_packets_sent_total");
      return null;
    },
    (error) => ({ kind: "send", why: error.message }) as const,
  );
};
