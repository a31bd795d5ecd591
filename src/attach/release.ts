/**
 * Handing a lease back: DHCPRELEASE (RFC 2131 §4.4.6) as a function of the record alone.
 *
 * A throw-away network namespace gets a temporary port on the bridge, with the container's MAC and address, and sends
 * from there. That works whether the container's own namespace is gone (plain runc), pinned (Docker) or was lost in a
 * crash. The packet leaves only once the next hop's neighbour entry is resolved, so that is awaited before anything is
 * taken down.
 */
import { err, ok, type Result } from "neverthrow";
import type { BridgeError } from "../bridge/driver.ts";
import { driverOf } from "../bridge/drivers.ts";
import type { Lease, Route } from "../dhcp/lease.ts";
import { buildRelease } from "../dhcp/release.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { type Cidr, type Ifname, type Ipv4, inPrefix } from "../net/address.ts";
import { type Change, forEver } from "../netns/change.ts";
import { closeNetns, enter, enterNew, leave, type Netns, type NetnsError } from "../netns/enter.ts";
import { neighbours } from "../netns/interfaces.ts";
import type { IpError } from "../netns/ip.ts";
import { changeHere } from "../netns/rtnetlink.ts";
import { portMac, releasePortAlias, releasePortName } from "./names.ts";
import { type Aborted, awaitForwarding, type PortError } from "./port.ts";

export type ReleaseError =
  | { readonly kind: "server-unreachable"; readonly nextHop: Ipv4; readonly waitedMs: number }
  | { readonly kind: "send-failed"; readonly why: string }
  | BridgeError
  | PortError
  | Aborted
  | IpError
  | NetnsError;

/** What the release needs to know of a lease: also one that was asked for and never confirmed has this much. */
export type Held = {
  readonly address: Ipv4;
  readonly prefix: number;
  readonly routes: readonly Route[];
  readonly server: Ipv4;
};

/** The lease that the record tells of, or the one that it may have been granted; null where there is none to give back. */
export const heldLease = (record: AttachmentRecord): Held | null => {
  if (record.lease !== null) return record.lease;
  const { requested } = record;
  if (requested === null || requested.server === null) return null;
  return { address: requested.address, server: requested.server, prefix: 32, routes: onlyThrough(requested.server) };
};

/** Without a mask to go by, the server (or whoever answers ARP for it) is taken to be on the link. */
const onlyThrough = (server: Ipv4): readonly Route[] => [{ to: `${server}/32` as Cidr, via: null }];

/** Where packets for the server go: itself on the link, else the router of the most specific route. */
const nextHop = ({ address, prefix, routes, server }: Held): Ipv4 => {
  const best = [{ to: `${address}/${prefix}`, via: null }, ...routes]
    .map(({ to, via }) => ({ to: to.split("/"), via }))
    .filter(({ to: [network = "", length = ""] }) => inPrefix(server, network as Ipv4, Number(length)))
    .sort((a, b) => Number(b.to[1]) - Number(a.to[1]))[0];
  return best?.via === null || best?.via === undefined ? server : (best.via as Ipv4);
};

const inside = "eth0" as Ifname;

/** Only what leads to the server: another route of the lease may be one that the kernel refuses. */
const changesFor = (held: Held): readonly Change[] => {
  const { address, prefix, server } = held;
  const ifname = inside;
  const hop = nextHop(held);
  const onLink = inPrefix(hop, address, prefix);
  const changes: Change[] = [
    { kind: "address", ifname, address: `${address}/${prefix}` as Cidr, seconds: forEver },
    { kind: "up", ifname },
  ];
  if (!onLink) changes.push({ kind: "route", ifname, to: `${hop}/32` as Cidr, via: null });
  if (hop !== server) changes.push({ kind: "route", ifname, to: `${server}/32` as Cidr, via: hop });
  return changes;
};

/** Sends and waits until the packet has left, at most until `deadline`. In the temporary namespace. */
export const sendRelease = async (
  record: AttachmentRecord,
  held: Held,
  deadline: number,
): Promise<Result<void, ReleaseError>> => {
  const started = performance.now();
  const payload = buildRelease({
    mac: record.mac,
    clientId: record.clientId === null ? null : Uint8Array.from(Buffer.from(record.clientId, "hex")),
    address: held.address,
    server: held.server,
    xid: Math.floor(Math.random() * 0x1_0000_0000),
  });
  const problem: { why: string | null } = { why: null };
  const opening = Bun.udpSocket({
    hostname: held.address,
    port: 68,
    socket: {
      error: (_socket, error) => {
        problem.why = error.message;
      },
    },
  });
  try {
    const socket = await opening;
    try {
      socket.send(payload, 67, held.server);
      const hop = nextHop(held);
      while (!neighbours().some(({ address, complete }) => complete && address === hop)) {
        if (problem.why !== null) return err({ kind: "send-failed", why: problem.why });
        if (performance.now() >= deadline)
          return err({ kind: "server-unreachable", nextHop: hop, waitedMs: Math.round(performance.now() - started) });
        await Bun.sleep(1);
      }
      return ok(undefined);
    } finally {
      socket.close();
    }
  } catch (thrown) {
    return err({ kind: "send-failed", why: thrown instanceof Error ? thrown.message : String(thrown) });
  }
};

/** Releases the lease within `limitMs`. The container's own port must be off the bridge: both have the same MAC. */
export const releaseLease = async (
  dirs: Directories,
  record: AttachmentRecord,
  held: Held,
  home: Netns,
  limitMs: number,
): Promise<Result<void, ReleaseError>> => {
  const driver = driverOf(record.driver);
  const deadline = performance.now() + limitMs;
  const facts = driver.inspect(record.bridge);
  if (facts.isErr()) return err(facts.error);
  const temporary = enterNew();
  if (temporary.isErr()) return err(temporary.error);
  const netns = temporary.value;
  leave(home);
  const port = releasePortName(record.id, record.ifname);
  const alias = releasePortAlias(dirs, record.id, record.ifname);
  const { bridge, mac } = record;
  const { delaysPorts, mtu } = facts.value;
  const end = { bridge, netns, ifname: inside, mac };
  try {
    const plugged = delaysPorts
      ? driver.tap(end)
      : driver.plug({ ...end, port, alias, portMac: portMac(record.id, record.ifname), mtu });
    if (plugged.isErr()) return err(plugged.error);
    const entered = enter(netns);
    if (entered.isErr()) return err(entered.error);
    const configured = changeHere(changesFor(held));
    if (configured.isErr()) return err(configured.error);
    const forwarding = delaysPorts ? ok(undefined) : await awaitForwarding(driver, port, deadline, () => null);
    if (forwarding.isErr()) return err(forwarding.error);
    return await sendRelease(record, held, deadline);
  } finally {
    leave(home);
    await driver.unplug(port, alias);
    closeNetns(netns);
  }
};

/** A lease that is still running by the clock since boot; one that has expired needs no release. */
export const isRunning = (lease: Lease, boundAtBootMs: number, bootMs: number): boolean =>
  lease.leaseSeconds === 0xffffffff || bootMs - boundAtBootMs < lease.leaseSeconds * 1000;
