/**
 * The MAC scheme `XX:IP:IP:IP:YY:ZZ`: XX locally administered and unicast (its two low bits are `10`); IP:IP:IP the last
 * three octets of the worker's IPv4 address, so that a MAC tells its host and no two hosts make the same one; XX's other
 * bits, YY and ZZ from the identity's hash, or random.
 */
import { type Ipv4, ipv4ToBytes, type Mac, macFromBytes } from "../net/address.ts";

export type MacScheme = {
  readonly workerIp: Ipv4 | null;
  /** Stands in for the address of a worker that has none. */
  readonly machineId: string | null;
  /** Null: every start is a new machine to the network. */
  readonly identity: string | null;
  readonly network: string;
  /** `size` random bytes. */
  readonly random: (size: number) => Uint8Array;
};

/** How many candidates there are at most. */
export const mostCandidates = 256;

const hash = (text: string): Uint8Array => new Bun.CryptoHasher("sha256").update(text).digest();

const workerOctets = ({ workerIp, machineId, random }: MacScheme): Uint8Array => {
  if (workerIp !== null) return ipv4ToBytes(workerIp).subarray(1);
  return machineId !== null ? hash(`berth worker\0${machineId}`).subarray(0, 3) : random(3);
};

/** Candidates in the order in which they are to be tried: with an identity always the same ones. */
export function* macCandidates(scheme: MacScheme): Generator<Mac, void, undefined> {
  const worker = workerOctets(scheme);
  for (let attempt = 0; attempt < mostCandidates; attempt += 1) {
    const own =
      scheme.identity === null
        ? scheme.random(3)
        : hash(`berth mac\0${scheme.network}\0${scheme.identity}\0${attempt}`).subarray(0, 3);
    const [first = 0, yy = 0, zz = 0] = own;
    yield macFromBytes(Uint8Array.of((first & 0xfc) | 0x02, ...worker, yy, zz));
  }
}
