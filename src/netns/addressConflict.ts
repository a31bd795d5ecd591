/**
 * Does somebody else use this address? The probe of RFC 5227 §2.1.1: three ARP requests from 0.0.0.0, and for as long as
 * they and two more seconds take, anybody who answers for the address, or probes for it too, has it.
 *
 *   | Ethernet: to (6), from (6), 0x0806 | htype 1 | ptype 0x0800 | hlen 6 | plen 4 | oper (2) |
 *   | sender MAC (6) | sender IP (4) | target MAC (6) | target IP (4) |
 */
import { errnoText } from "../host/errno.ts";
import { openArpSocket } from "../host/libc.ts";
import {
  type Ifname,
  type Ipv4,
  ipv4FromBytes,
  ipv4ToBytes,
  type Mac,
  macFromBytes,
  macToBytes,
} from "../net/address.ts";

/** RFC 5227 §1.1, milliseconds. */
const PROBE_WAIT = 1000;
const PROBE_NUM = 3;
const PROBE_MIN = 1000;
const PROBE_MAX = 2000;
const ANNOUNCE_WAIT = 2000;
const LOOK_EVERY = 10;

/** The probe as a frame: sender IP zero, target MAC zero, target IP the address in question. */
export const probeFrame = (mac: Mac, address: Ipv4): Uint8Array => {
  const frame = new Uint8Array(42);
  frame.fill(0xff, 0, 6);
  frame.set(macToBytes(mac), 6);
  frame.set([0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1], 12);
  frame.set(macToBytes(mac), 22);
  frame.set(ipv4ToBytes(address), 38);
  return frame;
};

/** Whether a frame shows that another host has the address (sender IP) or wants it at this moment (a probe like ours). */
export const showsConflict = (frame: Uint8Array, mac: Mac, address: Ipv4): boolean => {
  if (frame.byteLength < 42 || frame[12] !== 0x08 || frame[13] !== 0x06) return false;
  if (macFromBytes(frame.subarray(22, 28)) === mac) return false;
  const sender = ipv4FromBytes(frame.subarray(28, 32));
  const target = ipv4FromBytes(frame.subarray(38, 42));
  return sender === address || (sender === "0.0.0.0" && target === address);
};

export type Probe = {
  readonly ifname: Ifname;
  readonly mac: Mac;
  readonly address: Ipv4;
  readonly random: () => number;
};

/** To be called inside the namespace of `ifname`. Rejects where no packet socket can be had. */
export const isAddressInUse = async ({ ifname, mac, address, random }: Probe): Promise<boolean> => {
  const socket = openArpSocket(ifname);
  if (typeof socket === "number") throw new Error(`no packet socket on ${ifname}: ${errnoText(socket)}`);
  const conflictWithin = async (milliseconds: number): Promise<boolean> => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      for (let frame = socket.receive(); frame !== null; frame = socket.receive())
        if (showsConflict(frame, mac, address)) return true;
      await Bun.sleep(LOOK_EVERY);
    }
    return false;
  };
  try {
    if (await conflictWithin(random() * PROBE_WAIT)) return true;
    for (let sent = 1; sent <= PROBE_NUM; sent += 1) {
      socket.send(probeFrame(mac, address));
      const pause = sent < PROBE_NUM ? PROBE_MIN + random() * (PROBE_MAX - PROBE_MIN) : ANNOUNCE_WAIT;
      if (await conflictWithin(pause)) return true;
    }
    return false;
  } finally {
    socket.close();
  }
};
