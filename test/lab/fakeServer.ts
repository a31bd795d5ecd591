/**
 * A DHCP server that misbehaves, for what no real one can be made to do. A program of its own: `bun fakeServer.ts MODE`.
 *
 * `nak`: offers, and refuses every request. `no-mask`: offers and grants without a subnet mask. `mute`: offers, and is
 * then silent.
 */
import { decodeMessage, encodeMessage, type Message } from "../../src/dhcp/message.ts";
import { type Ipv4, parseIpv4 } from "../../src/net/address.ts";

export const fakeModes = ["nak", "no-mask", "mute"] as const;
export type FakeMode = (typeof fakeModes)[number];

const address = (text: string): Ipv4 => {
  const parsed = parseIpv4(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const self = address("10.88.0.1");
const granted = address("10.88.0.77");
const nobody = address("0.0.0.0");

const OFFER = 2;
const ACK = 5;
const NAK = 6;

const reply = (to: Message, type: number, mode: FakeMode): Message => ({
  ...to,
  op: "BOOTREPLY",
  broadcast: true,
  ciaddr: nobody,
  yiaddr: type === NAK ? nobody : granted,
  siaddr: nobody,
  options: new Map([
    [53, Uint8Array.of(type)],
    [54, Uint8Array.of(10, 88, 0, 1)],
    ...(type === NAK
      ? ([[56, new TextEncoder().encode("not today\u001b[31m")]] as const)
      : ([[51, Uint8Array.of(0, 0, 14, 16)]] as const)),
    ...(type !== NAK && mode !== "no-mask" ? ([[1, Uint8Array.of(255, 255, 255, 0)]] as const) : []),
  ]),
});

const answer = (message: Message, mode: FakeMode): Message | null => {
  const type = message.options.get(53)?.[0];
  if (type === 1) return reply(message, OFFER, mode);
  if (type !== 3 || mode === "mute") return null;
  return reply(message, mode === "nak" ? NAK : ACK, mode);
};

const serve = async (mode: FakeMode): Promise<void> => {
  const socket = await Bun.udpSocket({
    port: 67,
    binaryType: "uint8array",
    socket: {
      data: (served, bytes) => {
        const response = decodeMessage(bytes)
          .map((message) => answer(message, mode))
          .unwrapOr(null);
        if (response !== null) served.send(encodeMessage(response), 68, "255.255.255.255");
      },
      error: () => {},
    },
  });
  socket.setBroadcast(true);
  process.stdout.write(`serving as ${self}\n`);
};

if (import.meta.main) {
  const mode = fakeModes.find((known) => known === process.argv[2]);
  if (mode === undefined) throw new Error(`a mode of ${fakeModes.join(", ")}`);
  await serve(mode);
}
