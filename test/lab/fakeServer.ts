/**
 * A DHCP server that misbehaves, for what no real one can be made to do. A program of its own: `bun fakeServer.ts MODE`.
 *
 * `nak`: offers, and refuses every request. `no-mask`: offers and grants without a subnet mask. `mute`: offers, and is
 * then silent. `move`: grants for four seconds, and at every renewal another address. `names`: grants with host and domain names that are none. `fuzz SEED`: every answer is damaged in some
 * way, nine in ten beyond use.
 */
import { decodeMessage, encodeMessage, type Message } from "../../src/dhcp/message.ts";
import { type Ipv4, parseIpv4 } from "../../src/net/address.ts";

export const fakeModes = ["nak", "no-mask", "mute", "move", "names", "fuzz"] as const;
export type FakeMode = (typeof fakeModes)[number];

const address = (text: string): Ipv4 => {
  const parsed = parseIpv4(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const self = address("10.88.0.1");
const granted = address("10.88.0.77");
const other = address("10.88.0.78");
const nobody = address("0.0.0.0");

const OFFER = 2;
const ACK = 5;
const NAK = 6;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Option 119 with a label that points at itself, after one good name (RFC 1035 §4.1.4). */
const searchLoop = Uint8Array.of(4, ...text("good"), 7, ...text("example"), 0, 3, ...text("bad"), 0xc0, 14);

const hostileNames: readonly (readonly [number, Uint8Array])[] = [
  [12, text("web1;reboot")],
  [15, text("lab.example\nnameserver 6.6.6.6\n$(touch /tmp/berth-pwned)")],
  [119, searchLoop],
  [6, Uint8Array.of(10, 88, 0, 1, 0, 0, 0, 0, 224, 0, 0, 1)],
  [26, Uint8Array.of(0, 1)],
  [3, Uint8Array.of(0, 0, 0, 0)],
];

/** A small generator of numbers in [0, 1), so that a failure can be repeated by its seed (mulberry32). */
export const seeded = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
};

/** A message's bytes with some of them changed, cut off, repeated, or followed by options that make no sense. */
export const damage = (bytes: Uint8Array, random: () => number): Uint8Array => {
  const below = (most: number) => Math.floor(random() * most);
  const copy = Uint8Array.from(bytes);
  switch (below(6)) {
    case 0:
      return copy.subarray(0, below(copy.length));
    case 1:
      for (let count = below(20); count >= 0; count -= 1) copy[240 + below(copy.length - 240)] = below(256);
      return copy;
    case 2:
      for (let count = below(5); count >= 0; count -= 1) copy[below(copy.length)] = below(256);
      return copy;
    case 3:
      return Uint8Array.from({ length: below(1400) }, () => below(256));
    case 4:
      // Overload (52) into fields that are full of overloads again.
      copy.fill(52, 44, 236);
      copy.set([52, 1, 3, 255], 240);
      return copy;
    default:
      return copy;
  }
};

const reply = (to: Message, type: number, mode: FakeMode): Message => ({
  ...to,
  op: "BOOTREPLY",
  broadcast: true,
  ciaddr: nobody,
  yiaddr: type === NAK ? nobody : mode === "move" && to.ciaddr === granted ? other : granted,
  siaddr: nobody,
  options: new Map([
    [53, Uint8Array.of(type)],
    [54, Uint8Array.of(10, 88, 0, 1)],
    ...(type === NAK
      ? ([[56, new TextEncoder().encode("not today\u001b[31m")]] as const)
      : ([[51, mode === "move" ? Uint8Array.of(0, 0, 0, 4) : Uint8Array.of(0, 0, 14, 16)]] as const)),
    ...(mode === "move" ? ([[3, Uint8Array.of(10, 88, 0, 1)]] as const) : []),
    ...(mode === "names" ? hostileNames : []),
    ...(type !== NAK && mode !== "no-mask" ? ([[1, Uint8Array.of(255, 255, 255, 0)]] as const) : []),
  ]),
});

const answer = (message: Message, mode: FakeMode): Message | null => {
  const type = message.options.get(53)?.[0];
  if (type === 1) return reply(message, OFFER, mode);
  if (type !== 3 || mode === "mute") return null;
  return reply(message, mode === "nak" ? NAK : ACK, mode);
};

const serve = async (mode: FakeMode, seed: number): Promise<void> => {
  const random = seeded(seed);
  const socket = await Bun.udpSocket({
    port: 67,
    binaryType: "uint8array",
    socket: {
      data: (served, bytes) => {
        const response = decodeMessage(bytes)
          .map((message) => answer(message, mode))
          .unwrapOr(null);
        if (response === null) return;
        const sound = encodeMessage(response);
        const several = mode === "fuzz" ? Array.from({ length: 10 }, () => damage(sound, random)) : [sound];
        for (const one of several) served.send(one, 68, "255.255.255.255");
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
  await serve(mode, Number(process.argv[3] ?? 1));
}
