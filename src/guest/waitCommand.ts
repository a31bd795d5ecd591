/**
 * `berth wait`: until an interface can be used, which is more than being there: it is up, has a carrier and an address. Inside a
 * container it looks at its own namespace, on the host at the container's.
 */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { ok } from "neverthrow";
import type { Call } from "../cli/operator/command.ts";
import { printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { lives } from "../lease/life.ts";
import { type Ifname, parseIfname } from "../net/address.ts";
import { closeNetns, inNetns, type Netns, openNetns, openOwnNetns } from "../netns/enter.ts";
import { findGuest, type Guest } from "./guest.ts";
import { guestWordOf } from "./guestOptions.ts";

/** How often it looks, in milliseconds. */
const everyMs = 100;
const defaultSeconds = 60;

/** Its global addresses; getifaddrs(3) tells of interfaces that are up and have a carrier only. */
const addressesOf = (ifname: Ifname): readonly string[] =>
  (networkInterfaces()[ifname] ?? [])
    .filter(({ address, cidr }) => cidr !== null && !/^fe80:/i.test(address))
    .map(({ cidr }) => cidr ?? "");

/** /proc/self/net follows the thread. */
const isThere = (ifname: Ifname): boolean =>
  readFileSync("/proc/self/net/dev", "latin1")
    .split("\n")
    .some((row) => row.trim().startsWith(`${ifname}:`));

type Seen = { readonly there: boolean; readonly addresses: readonly string[] };

const look = (ifname: Ifname): Seen => ({ there: isThere(ifname), addresses: addressesOf(ifname) });

const seconds = (text: string | undefined): number | null => {
  if (text === undefined) return defaultSeconds;
  return /^\d{1,6}(?:\.\d{1,3})?$/.test(text) ? Number(text) : null;
};

const waitFor = async (ifname: Ifname, limitMs: number, see: () => Seen | string): Promise<Seen | string> => {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const seen = see();
    if (typeof seen === "string") return seen;
    if (seen.addresses.length > 0) return seen;
    if (performance.now() >= deadline)
      return seen.there
        ? `${ifname} had no address after ${limitMs / 1000} s: 'berth doctor' on the host says why`
        : `there was no interface ${ifname} after ${limitMs / 1000} s`;
    await Bun.sleep(everyMs);
  }
};

export const waitForAddress = async (call: Call): Promise<number> => {
  const fail = (why: string, code = 1): number => {
    say(`wait: ${why}`);
    return code;
  };
  const ifname = parseIfname(call.value("ifname") ?? "eth0");
  if (ifname === undefined) return fail("--ifname: expected an interface name", 2);
  const limit = seconds(call.value("timeout"));
  if (limit === null) return fail("--timeout: expected seconds", 2);
  const finish = (seen: Seen | string): number => {
    if (typeof seen === "string") return fail(seen);
    if (call.has("json")) printJson({ ifname, addresses: seen.addresses });
    return 0;
  };
  const asks = call.words.length > 0 || call.value("pid") !== undefined || call.value("netns") !== undefined;
  if (!asks) return finish(await waitFor(ifname, limit * 1000, () => look(ifname)));
  const which = guestWordOf(call, call.words[0] ?? null);
  if (which.isErr()) return fail(which.error, 2);
  const guest = await findGuest(call.settings.dirs, which.value);
  if (guest.isErr()) return fail(guest.error);
  const home = openOwnNetns();
  if (home.isErr()) return fail(`could not ${home.error.attempted}: ${home.error.why}`);
  try {
    return finish(await waitFor(ifname, limit * 1000, () => seeInside(guest.value, home.value, ifname)));
  } finally {
    closeNetns(home.value);
  }
};

/** Opened for each look: a namespace that is held open would outlive its container. */
const seeInside = (guest: Guest, home: Netns, ifname: Ifname): Seen | string => {
  if (!lives(guest.life)) return "the container has ended";
  const netns = openNetns(guest.netns);
  if (netns.isErr()) return `could not ${netns.error.attempted}: ${netns.error.why}`;
  try {
    return inNetns(netns.value, home, () => ok(look(ifname))).match<Seen | string>(
      (seen) => seen,
      (error) => `could not ${error.attempted}: ${error.why}`,
    );
  } finally {
    closeNetns(netns.value);
  }
};
