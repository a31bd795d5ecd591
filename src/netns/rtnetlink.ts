/**
 * What is changed inside a container's network namespace, asked of the kernel itself: interfaces, addresses and routes that exist or
 * come to exist in a namespace. ip(8) would do the same, at the price of a process for each step of every container's start and
 * of every renewal.
 *
 * A netlink socket belongs to the namespace that it was made in, so that the thread has to be inside for that one system call.
 */
import { err, ok, type Result } from "neverthrow";
import { errnoText } from "../host/errno.ts";
import { askRouting, closeDescriptor, openRoutingSocket } from "../host/libc.ts";
import { type Change, changeText, type Pair, pairText } from "./change.ts";
import { inNetns, type Netns, type NetnsError } from "./enter.ts";
import type { IpError } from "./ip.ts";
import { type Answer, changeMessage, indexQuestion, needsIndex, pairMessage, readAnswer } from "./netlinkMessage.ts";

const failed = (line: string, { errno, why }: Pick<Answer, "errno" | "why">): IpError => ({
  kind: "ip",
  line,
  why: why === null ? errnoText(errno) : `${why.replace(/\.$/, "")} (${errnoText(errno)})`,
  errno,
});

const ask = (fd: number, request: Uint8Array): Answer => readAnswer(askRouting(fd, request));

/** Makes the changes one after the other: up to the first that fails; or all of them, whatever becomes of each. */
const make = (fd: number, changes: readonly Change[], whatever: boolean): Result<void, IpError> => {
  const indices = new Map<string, number>();
  for (const wish of changes) {
    let index = indices.get(wish.ifname) ?? 0;
    if (index === 0 && needsIndex(wish)) {
      const found = ask(fd, indexQuestion(wish.ifname));
      if (found.errno !== 0 && !whatever) return err(failed(`ip link show ${wish.ifname}`, found));
      // Without an interface a route would be taken from whichever has one like it.
      if (found.index <= 0) continue;
      index = found.index;
      indices.set(wish.ifname, index);
    }
    const answer = ask(fd, changeMessage(wish, index));
    if (answer.errno !== 0 && !whatever) return err(failed(changeText(wish), answer));
  }
  return ok(undefined);
};

const withSocket = (fd: number, work: (fd: number) => Result<void, IpError>): Result<void, IpError> => {
  if (fd < 0) return err(failed("ip", { errno: -fd, why: "no netlink socket" }));
  try {
    return work(fd);
  } finally {
    closeDescriptor(fd);
  }
};

/** Makes a pair, from the namespace that the calling thread is in. `errno` is EEXIST where an interface has one of the names. */
export const addPair = (pair: Pair): Result<void, IpError> =>
  withSocket(openRoutingSocket(), (fd) => {
    const found = ask(fd, indexQuestion(pair.master));
    if (found.errno !== 0) return err(failed(`ip link show ${pair.master}`, found));
    const answer = ask(fd, pairMessage(pair, found.index));
    return answer.errno === 0 ? ok(undefined) : err(failed(pairText(pair), answer));
  });

/** In the namespace that the calling thread is in. Stops at the first that fails. */
export const changeHere = (changes: readonly Change[]): Result<void, IpError> =>
  withSocket(openRoutingSocket(), (fd) => make(fd, changes, false));

/** In another namespace, where the thread is for one system call only. Stops at the first that fails. */
export const changeIn = (
  netns: Netns,
  home: Netns,
  changes: readonly Change[],
  whatever = false,
): Result<void, IpError | NetnsError> =>
  inNetns(netns, home, () => ok(openRoutingSocket())).andThen((fd) =>
    withSocket(fd, () => make(fd, changes, whatever)),
  );

/** As `changeIn`, but goes on after one that fails: for what may be gone already. */
export const changeWhatever = (netns: Netns, home: Netns, changes: readonly Change[]): void => {
  changeIn(netns, home, changes, true);
};
