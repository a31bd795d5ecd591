/**
 * A DHCP server whose answers are well-formed as messages and wrong in one thing: `bun hostileReplies.ts CASE`. Each case
 * says whether there is a lease to be had from it all the same. Prints a line for every message that comes in.
 */
import { decodeMessage, encodeMessage, type Message } from "../../src/dhcp/message.ts";
import { type Ipv4, type Mac, parseIpv4, parseMac } from "../../src/net/address.ts";

type Options = readonly (readonly [code: number, payload: readonly number[] | null])[];

export type Case = {
  /** attached: there is a lease in it; refused: there is none; either: the kernel, or chance, decides. */
  readonly outcome: "attached" | "refused" | "either";
  /** Options put in the place of the usual ones; null takes one out. */
  readonly options?: Options;
  readonly message?: Partial<Message>;
  /** The last word on the datagrams that leave. */
  readonly send?: (bytes: Uint8Array, message: Message) => readonly Uint8Array[];
  /** Does not answer a REQUEST. */
  readonly mute?: boolean;
};

const ipv4 = (text: string): Ipv4 => parseIpv4(text) ?? ("0.0.0.0" as Ipv4);
const otherMac = parseMac("02:00:00:00:00:99") ?? ("00:00:00:00:00:00" as Mac);
const bytes = (text: string): readonly number[] => [...new TextEncoder().encode(text)];
const ip = (...texts: readonly string[]): readonly number[] => texts.flatMap((text) => text.split(".").map(Number));
const seconds = (value: number): readonly number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
const name = (...labels: readonly string[]): readonly number[] => [
  ...labels.flatMap((label) => [label.length, ...bytes(label)]),
  0,
];
const repeated = <T>(count: number, make: (index: number) => readonly T[]): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index)).flat();

/** The sound answer with other octets from an offset on. */
const patch =
  (at: number, ...values: readonly number[]) =>
  (sound: Uint8Array): readonly Uint8Array[] => {
    const copy = Uint8Array.from(sound);
    copy.set(values, at);
    return [copy];
  };

const flood = (message: Message): readonly Uint8Array[] => Array.from({ length: 300 }, () => encodeMessage(message));

const attached = (options: Options): Case => ({ outcome: "attached", options });
const refused = (options: Options): Case => ({ outcome: "refused", options });

export const cases: Readonly<Record<string, Case>> = {
  "nothing wrong": attached([]),
  "mask 255.0.255.0": refused([[1, ip("255.0.255.0")]]),
  "mask 0.0.0.0": refused([[1, ip("0.0.0.0")]]),
  "mask of three octets": refused([[1, [255, 255, 255]]]),
  "mask empty": refused([[1, []]]),
  "mask /32": attached([[1, ip("255.255.255.255")]]),
  "lease time 0": refused([[51, seconds(0)]]),
  "no lease time": refused([[51, null]]),
  "lease time of two octets": refused([[51, [1, 0]]]),
  "lease time almost for ever": attached([[51, seconds(0xfffffffe)]]),
  "T1 after T2 after the lease": attached([
    [58, seconds(9000)],
    [59, seconds(8000)],
  ]),
  "server 0.0.0.0": refused([[54, ip("0.0.0.0")]]),
  "server 255.255.255.255": refused([[54, ip("255.255.255.255")]]),
  "server multicast": refused([[54, ip("224.0.0.1")]]),
  "server 127.0.0.1": refused([[54, ip("127.0.0.1")]]),
  "server of five octets": refused([[54, [10, 88, 0, 1, 0]]]),
  "server a broadcast address": { outcome: "either", options: [[54, ip("10.88.0.255")]] },
  "server the client itself": refused([[54, ip("10.88.0.77")]]),
  "address 0.0.0.0": { outcome: "refused", message: { yiaddr: ipv4("0.0.0.0") } },
  "address broadcast": { outcome: "refused", message: { yiaddr: ipv4("255.255.255.255") } },
  "address loopback": { outcome: "refused", message: { yiaddr: ipv4("127.0.0.1") } },
  "address multicast": { outcome: "refused", message: { yiaddr: ipv4("224.0.0.1") } },
  "address of the net": { outcome: "refused", message: { yiaddr: ipv4("10.88.0.0") } },
  "address the net's broadcast": { outcome: "refused", message: { yiaddr: ipv4("10.88.0.255") } },
  "address the server's own": { outcome: "refused", message: { yiaddr: ipv4("10.88.0.1") } },
  "a request instead of a reply": { outcome: "refused", message: { op: "BOOTREQUEST" } },
  "no message type": refused([[53, null]]),
  "message type 0": refused([[53, [0]]]),
  "message type 255": refused([[53, [255]]]),
  "message type of two octets": refused([[53, [2, 2]]]),
  "another hardware type": { outcome: "refused", send: patch(1, 6) },
  "hardware length 16": { outcome: "refused", send: patch(2, 16) },
  "another cookie": { outcome: "refused", send: patch(236, 0, 0, 0, 0) },
  "only the header": { outcome: "refused", send: (sound) => [sound.subarray(0, 240)] },
  "nothing at all": { outcome: "refused", send: () => [new Uint8Array(0), Uint8Array.of(2)] },
  "an option cut off": { outcome: "refused", send: (sound) => [sound.subarray(0, 246)] },
  "an option longer than the rest": { outcome: "refused", send: patch(240, 15, 255) },
  "no end": { outcome: "attached", send: (sound) => [sound.subarray(0, sound.lastIndexOf(255))] },
  "overload into overload": {
    outcome: "refused",
    options: [[52, [3]]],
    send: (sound) => [Uint8Array.from(sound, (octet, at) => (at >= 44 && at < 236 ? 52 : octet))],
  },
  "overload into ends": {
    outcome: "attached",
    options: [[52, [3]]],
    send: (sound) => [Uint8Array.from(sound, (octet, at) => (at >= 44 && at < 236 ? 255 : octet))],
  },
  "the mask twice": { outcome: "refused", options: [[1, ip("255.255.255.0", "255.255.255.0")]] },
  "every other option empty": attached([3, 6, 12, 15, 26, 33, 58, 59, 119, 121].map((code) => [code, []])),
  "every other option one octet": attached([3, 6, 26, 33, 58, 59, 119, 121].map((code) => [code, [200]])),
  "domain with a newline": attached([[15, bytes("a.example\nnameserver 6.6.6.6")]]),
  "domain with spaces": attached([[15, bytes("a.example nameserver")]]),
  "domain with NULs": attached([[15, bytes("a\0nameserver\0")]]),
  "domain of 255 octets": attached([[15, bytes("a".repeat(255))]]),
  "domain a shell's": attached([[15, bytes("$(touch /tmp/berth-pwned)")]]),
  "domain with an escape": attached([[15, bytes("\u001b[2J")]]),
  "domain with a carriage return": attached([[15, bytes("a.example\rnameserver 6.6.6.6")]]),
  "domain an option": attached([[15, bytes("-oProxyCommand=x")]]),
  "search with shell characters": attached([
    [119, [...name("a;reboot"), ...name("b c", "example"), ...name("d\nnameserver 6.6.6.6"), ...name("$(x)")]],
  ]),
  "search with a label of dots": attached([[119, [...name(".."), ...name("a.b\n")]]]),
  "search that points forwards": attached([[119, [0xc0, 2, ...name("a")]]]),
  "search that points at itself": attached([[119, [0xc0, 0]]]),
  "search of pointers in a circle": attached([[119, [0xc0, 2, 0xc0, 0]]]),
  "search of 300 names": attached([[119, repeated(300, (index) => name(`n${index}`))]]),
  "search of empty names": attached([[119, repeated(250, () => [0])]]),
  "DNS servers that are none": attached([[6, ip("0.0.0.0", "255.255.255.255", "224.0.0.1", "0.1.2.3")]]),
  "200 DNS servers": attached([[6, repeated(200, (index) => [10, 1, 1, index])]]),
  "router 0.0.0.0": attached([[3, ip("0.0.0.0")]]),
  "router the client itself": attached([[3, ip("10.88.0.77")]]),
  "router multicast": attached([[3, ip("224.0.0.1")]]),
  "router broadcast": attached([[3, ip("10.88.0.255", "255.255.255.255")]]),
  "router loopback": attached([[3, ip("127.0.0.1")]]),
  "200 routers": attached([[3, repeated(200, (index) => [10, 88, 1, index])]]),
  "140 routes": attached([[121, repeated(140, (index) => [24, 10, 200, index, 10, 88, 0, 1])]]),
  "routes to where no one is": attached([
    [
      121,
      [
        ...[8, 127],
        ...ip("10.88.0.1"),
        ...[4, 224],
        ...ip("10.88.0.1"),
        ...[32, 255, 255, 255, 255],
        ...ip("10.88.0.1"),
      ],
    ],
  ]),
  "a route to 0.0.0.0/32": { outcome: "either", options: [[121, [32, 0, 0, 0, 0, ...ip("10.88.0.1")]]] },
  "a route of width 33": attached([[121, [33, 10, 0, 0, 0, 1, ...ip("10.88.0.1")]]]),
  "a route to the client itself": attached([[121, [32, ...ip("10.88.0.77"), ...ip("10.88.0.1")]]]),
  "a route to the server through the peer": attached([
    [121, [...[32, ...ip("10.88.0.1")], ...ip("10.88.0.2"), ...[0], ...ip("10.88.0.1")]],
  ]),
  "a default route through a router behind a router": {
    outcome: "either",
    options: [[121, [...[24, 10, 77, 0], ...ip("10.88.0.1"), ...[0], ...ip("10.77.0.1")]]],
  },
  "every address on the link": attached([[121, [0, ...ip("0.0.0.0")]]]),
  "static routes to everywhere": attached([[33, ip("0.0.0.0", "10.88.0.1", "255.255.255.255", "10.88.0.1")]]),
  "MTU 0": attached([[26, [0, 0]]]),
  "MTU 68": attached([[26, [0, 68]]]),
  "MTU 65535": attached([[26, [255, 255]]]),
  "a flood under other transactions": {
    outcome: "refused",
    send: (_, message) => flood({ ...message, xid: (message.xid + 1) >>> 0 }),
  },
  "a flood for another client": { outcome: "refused", send: (_, message) => flood({ ...message, chaddr: otherMac }) },
  "a flood of the right answer": { outcome: "attached", send: (_, message) => flood(message) },
  "a flood of random octets": {
    outcome: "refused",
    send: () => Array.from({ length: 300 }, () => crypto.getRandomValues(new Uint8Array(700))),
  },
  "an offer and then nothing": { outcome: "refused", mute: true },
};

const usual = (type: number): Options => [
  [53, [type]],
  [54, ip("10.88.0.1")],
  [1, ip("255.255.255.0")],
  [51, seconds(3600)],
  [3, ip("10.88.0.1")],
  [6, ip("10.88.0.1")],
];

const reply = (to: Message, type: number, { options = [], message = {} }: Case): Message => {
  const all = new Map([...usual(type), ...options]);
  const present = [...all].flatMap(([code, payload]) =>
    payload === null ? [] : [[code, Uint8Array.from(payload)] as const],
  );
  const nobody = ipv4("0.0.0.0");
  return {
    ...to,
    op: "BOOTREPLY",
    broadcast: true,
    ciaddr: nobody,
    yiaddr: ipv4("10.88.0.77"),
    siaddr: nobody,
    ...message,
    options: new Map(present),
  };
};

const serve = async (wrong: Case): Promise<void> => {
  const socket = await Bun.udpSocket({
    port: 67,
    binaryType: "uint8array",
    socket: {
      data: (served, datagram) => {
        const decoded = decodeMessage(datagram);
        if (decoded.isErr()) return;
        const message = decoded.value;
        const type = message.options.get(53)?.[0];
        process.stdout.write(`type ${type} ciaddr ${message.ciaddr} chaddr ${message.chaddr}\n`);
        if (type !== 1 && (type !== 3 || wrong.mute === true)) return;
        const answer = reply(message, type === 1 ? 2 : 5, wrong);
        const sound = encodeMessage(answer);
        for (const one of wrong.send?.(sound, answer) ?? [sound]) served.send(one, 68, "255.255.255.255");
      },
      error: () => {},
    },
  });
  socket.setBroadcast(true);
  process.stdout.write("serving\n");
};

if (import.meta.main) {
  const wrong = cases[process.argv[2] ?? ""];
  if (wrong === undefined) throw new Error("no such case");
  await serve(wrong);
}
