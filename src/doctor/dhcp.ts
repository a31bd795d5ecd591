/**
 * A real DISCOVER on a network's bridge, from a temporary port with a MAC of nobody's: who answers, with what, how fast. No
 * REQUEST follows, so no server gives an address away (it holds back the offered one for some seconds or minutes).
 */
import { err, ok, type Result } from "neverthrow";
import { ipErrorText } from "../attach/errors.ts";
import { raiseLink, relaxReversePath } from "../attach/link.ts";
import { portMac, releasePortAlias, releasePortName } from "../attach/names.ts";
import { awaitForwarding } from "../attach/port.ts";
import { driverOf } from "../bridge/drivers.ts";
import { openClientSocket } from "../dhcp/client.ts";
import type { Lease } from "../dhcp/lease.ts";
import { leaseFromAck } from "../dhcp/leaseFromAck.ts";
import { decodeMessage, encodeMessage } from "../dhcp/message.ts";
import { serverId } from "../dhcp/options/address.ts";
import { messageType } from "../dhcp/options/messageType.ts";
import { read } from "../dhcp/options/option.ts";
import { buildDiscover } from "../dhcp/requests.ts";
import { lockContainer, lockErrorText } from "../lease/lock.ts";
import { type ContainerId, type Ifname, type Ipv4, macFromBytes } from "../net/address.ts";
import { closeNetns, enter, enterNew, leave } from "../netns/enter.ts";
import { durationText } from "../screen/duration.ts";
import type { Context, NamedNetwork } from "./context.ts";
import { type Finding, fail, fine, warn } from "./finding.ts";

const check = "dhcp";

/** How long answers are waited for, in milliseconds: dnsmasq and ISC dhcpd try an address for up to 3 s before they offer it. */
const patience = 5000;
/** After the first answer, for others, in milliseconds. */
const forOthers = 1500;
/** DISCOVER again, in milliseconds. */
const againMs = 1500;

type Offer = {
  readonly server: Ipv4;
  readonly address: Ipv4;
  /** Milliseconds since the first DISCOVER. */
  readonly afterMs: number;
  /** Null: an ACK like this would be refused. */
  readonly lease: Lease | null;
};

const inside = "eth0" as Ifname;

const randomMac = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return macFromBytes(bytes);
};

/** In the temporary namespace. */
const collect = async (mac: ReturnType<typeof randomMac>): Promise<Result<readonly Offer[], string>> => {
  const xid = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  const offers = new Map<string, Offer>();
  const started = performance.now();
  const take = (bytes: Uint8Array, from: Ipv4): void => {
    const message = decodeMessage(bytes).unwrapOr(null);
    if (message === null || message.op !== "BOOTREPLY" || message.xid !== xid) return;
    if (read(message.options, messageType) !== "OFFER") return;
    const server = read(message.options, serverId) ?? from;
    if (offers.has(server)) return;
    const afterMs = Math.round(performance.now() - started);
    offers.set(server, { server, address: message.yiaddr, afterMs, lease: leaseFromAck(message).unwrapOr(null) });
  };
  const client = { mac, clientId: null, hostname: null, vendorClass: null, rapidCommit: false };
  let socket: Awaited<ReturnType<typeof openClientSocket>> | undefined;
  try {
    socket = await openClientSocket(take);
    let next = 0;
    let until = patience;
    for (let now = 0; now < until; now = performance.now() - started) {
      if (now >= next) {
        const secs = Math.floor(now / 1000);
        const sent = socket.send(encodeMessage(buildDiscover(client, { xid, secs }, null)), "255.255.255.255" as Ipv4);
        if (sent.isErr()) return err(`a DISCOVER could not be sent: ${sent.error.message}`);
        next += againMs;
      }
      const [first] = offers.values();
      if (first !== undefined) until = Math.min(patience, first.afterMs + forOthers);
      await Bun.sleep(10);
    }
    return ok([...offers.values()]);
  } catch (thrown) {
    return err(`no socket for a DISCOVER: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  } finally {
    socket?.close();
  }
};

const probe = async (
  { settings, home }: Context,
  { network }: NamedNetwork,
): Promise<Result<readonly Offer[], string>> => {
  const { dirs } = settings;
  // The port is named and marked as one for a release, so that the garbage collector finds what a killed doctor leaves.
  const id = `doctor-${process.pid}` as ContainerId;
  const locked = await lockContainer(dirs, id, 1000);
  if (locked.isErr()) return err(lockErrorText(locked.error));
  const temporary = enterNew();
  if (temporary.isErr()) {
    locked.value.release();
    return err(`could not ${temporary.error.attempted}: ${temporary.error.why}`);
  }
  leave(home);
  const netns = temporary.value;
  const driver = driverOf(network.driver);
  const { bridge } = network;
  const port = releasePortName(id, inside);
  const alias = releasePortAlias(dirs, id, inside);
  const mac = randomMac();
  try {
    const facts = driver.inspect(bridge);
    if (facts.isErr()) return err("the bridge cannot be used");
    const { delaysPorts, mtu } = facts.value;
    const end = { bridge, netns, ifname: inside, mac };
    // A port of a bridge with spanning tree would have to wait for it.
    const plugged = delaysPorts
      ? driver.tap(end)
      : driver.plug({ ...end, port, alias, portMac: portMac(id, inside), mtu });
    if (plugged.isErr())
      return err(`no temporary port on ${bridge}: ${"why" in plugged.error ? plugged.error.why : plugged.error.kind}`);
    const entered = enter(netns);
    if (entered.isErr()) return err(entered.error.why);
    const raised = raiseLink(inside, true);
    if (raised.isErr()) return err(ipErrorText(raised.error));
    relaxReversePath(inside);
    const forwarding = delaysPorts
      ? ok(undefined)
      : await awaitForwarding(driver, port, performance.now() + patience, () => null);
    if (forwarding.isErr()) return err(`${bridge} did not forward a temporary port within ${patience} ms`);
    return await collect(mac);
  } finally {
    leave(home);
    await driver.unplug(port, alias);
    closeNetns(netns);
    locked.value.release();
  }
};

const offerText = ({ server, address, afterMs, lease }: Offer): string => {
  if (lease === null) return `${server} offers ${address} after ${afterMs} ms, in words that make no lease`;
  const router = lease.routes.find(({ to }) => to === "0.0.0.0/0")?.via;
  const more = [
    ...(router ? [`router ${router}`] : []),
    ...(lease.dns.length > 0 ? [`DNS ${lease.dns.join(" ")}`] : []),
    `for ${durationText(lease.leaseSeconds === 0xffffffff ? Number.POSITIVE_INFINITY : lease.leaseSeconds)}`,
  ];
  return `${server} offers ${address}/${lease.prefix} after ${afterMs} ms (${more.join(", ")})`;
};

const slow = (offer: Offer, { network }: NamedNetwork): readonly Finding[] =>
  offer.afterMs < 1000
    ? []
    : [
        warn(
          check,
          `${offer.server} takes ${(offer.afterMs / 1000).toFixed(1)} s for an offer`,
          `every first start of a container takes that long; dhcp.timeout is ${network.dhcp.timeout} s`,
          "dnsmasq: no-ping; ISC dhcpd: ping-check off; Kea: no ping check hook",
        ),
      ];

const judged = (named: NamedNetwork, offers: readonly Offer[]): readonly Finding[] => {
  const { network, name } = named;
  const [first, ...others] = offers;
  if (first === undefined)
    return [
      fail(
        check,
        `network ${name}: no DHCP server answers on ${network.bridge}`,
        "no container gets an address",
        `look at the server and at the way to it: tcpdump -eni ${network.bridge} port 67 or port 68`,
      ),
    ];
  const useless = offers.filter(({ lease }) => lease === null);
  return [
    ...offers.filter(({ lease }) => lease !== null).map((offer) => fine(check, offerText(offer))),
    ...useless.map((offer) =>
      fail(check, offerText(offer), "a container that takes it gets no network", `mend the server at ${offer.server}`),
    ),
    ...(others.length === 0
      ? []
      : [
          warn(
            check,
            `network ${name}: ${offers.length} DHCP servers answer: ${offers.map(({ server }) => server).join(", ")}`,
            "if they are not a pair that knows of each other, one is a rogue, and which one a container gets is chance",
            `find it by its MAC: tcpdump -eni ${network.bridge} port 67`,
          ),
        ]),
    ...slow(first, named),
  ];
};

export const checkDhcp = async (context: Context, named: NamedNetwork): Promise<readonly Finding[]> => {
  if (named.network.ip.kind === "static")
    return [fine(check, `network ${named.name} has static addresses: no server was asked`)];
  const offers = await probe(context, named);
  return offers.match(
    (found) => judged(named, found),
    (why) => [
      fail(check, `network ${named.name}: no server could be asked`, why, "run this as root, on the host itself"),
    ],
  );
};
