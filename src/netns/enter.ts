/**
 * Entering and leaving network namespaces (setns(2), network_namespaces(7)) on the main thread.
 *
 * What follows the thread into the namespace: children of `run`, sockets made there, `/proc/self/net`, `/proc/sys/net`.
 * What does not: `/sys/class/net` (it belongs to the mount) and threads that exist already. Nothing may be awaited inside
 * `inNetns`, or other work of this process would run in the wrong namespace; the hook, which does nothing else, may use
 * `enter` and `leave` around an exchange.
 */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { errnoText, thrownText } from "../host/errno.ts";
import { CLONE_NEWNET, setns, unshare } from "../host/libc.ts";
import type { NetnsPath } from "./ip.ts";

/** An open network namespace. `inode` names it: two descriptors of one namespace have the same. */
export type Netns = { readonly fd: number; readonly inode: bigint; readonly path: string };

export type NetnsError = { readonly kind: "netns"; readonly attempted: string; readonly why: string };

export const openNetns = (path: string): Result<Netns, NetnsError> => {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return ok({ fd, inode: fstatSync(fd, { bigint: true }).ino, path });
  } catch (thrown) {
    return err({ kind: "netns", attempted: `open ${path}`, why: thrownText(thrown) });
  }
};

export const openNetnsOf = (pid: number): Result<Netns, NetnsError> => openNetns(`/proc/${pid}/ns/net`);

/** The namespace that this process was started in. */
export const openOwnNetns = (): Result<Netns, NetnsError> => openNetns("/proc/self/ns/net");

export const closeNetns = (netns: Netns): void => closeSync(netns.fd);

/** The path by which a child of ours, iproute2 too, can name the namespace while we hold it open. */
export const pathForChildren = (netns: Netns): NetnsPath => `/proc/${process.pid}/fd/${netns.fd}`;

export const enter = (netns: Netns): Result<void, NetnsError> => {
  const errno = setns(netns.fd, CLONE_NEWNET);
  if (errno === 0) return ok(undefined);
  return err({ kind: "netns", attempted: `enter the network namespace ${netns.path}`, why: errnoText(errno) });
};

/**
 * Goes back home. A process that cannot do that would do host work inside a container, so it ends at once.
 */
export const leave = (home: Netns): void => {
  const errno = setns(home.fd, CLONE_NEWNET);
  if (errno === 0) return;
  process.stderr.write(`berth: could not go back to the host's network namespace: ${errnoText(errno)}\n`);
  process.exit(70);
};

/** Runs `work`, which is synchronous, inside `netns`. */
export const inNetns = <T, E>(netns: Netns, home: Netns, work: () => Result<T, E>): Result<T, E | NetnsError> => {
  const entered = enter(netns);
  if (entered.isErr()) return err(entered.error);
  try {
    return work();
  } finally {
    leave(home);
  }
};

/** Puts this thread into a new, empty namespace, which lives until the thread leaves it and its descriptor is closed. */
export const enterNew = (): Result<Netns, NetnsError> => {
  const errno = unshare(CLONE_NEWNET);
  if (errno !== 0)
    return err({ kind: "netns", attempted: "make a temporary network namespace", why: errnoText(errno) });
  return openOwnNetns();
};
