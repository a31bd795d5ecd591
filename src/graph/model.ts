/**
 * What `berth graph` draws: bridges, the uplinks by which they reach the production network, their ports, and the
 * containers behind those. Pure.
 */
import type { Entry } from "../containers/entry.ts";
import type { Link } from "./links.ts";

export type Port = {
  readonly port: string;
  /** `gone`: it is recorded and not on the host. */
  readonly state: string;
  /** Null: a port of berth's without a record. */
  readonly container: Entry | null;
};

export type Foreign = {
  readonly ifname: string;
  readonly state: string;
  /** `veth`, `bond`, …; `card`. */
  readonly kind: string;
};

export type Bridge = {
  readonly bridge: string;
  /** `missing`: it is configured or recorded and not on the host. */
  readonly state: string;
  readonly mac: string | null;
  readonly mtu: number | null;
  readonly networks: readonly string[];
  readonly uplinks: readonly Foreign[];
  readonly ports: readonly Port[];
  /** Ports that are neither uplinks nor berth's: of virtual machines, of other container networks. */
  readonly others: readonly Foreign[];
};

export type Graph = readonly Bridge[];

/** Ends of pairs and taps lead to something on this host; everything else leads out of it. */
const isLocal = ({ kind }: Link): boolean => kind === "veth" || kind === "tun";

const foreign = ({ ifname, state, kind }: Link): Foreign => ({ ifname, state, kind: kind ?? "card" });

/** A port that is alone, and not ours, is the bridge's only way out, whatever its kind. */
const split = (links: readonly Link[]): { uplinks: readonly Foreign[]; others: readonly Foreign[] } => {
  const leadOut = links.filter((link) => !isLocal(link));
  const uplinks = leadOut.length === 0 && links.length === 1 ? links : leadOut;
  return { uplinks: uplinks.map(foreign), others: links.filter((link) => !uplinks.includes(link)).map(foreign) };
};

/** The bridge leads nowhere: it is there, and what there is on it is berth's. */
export const isStranded = ({ state, uplinks, others }: Bridge): boolean =>
  state !== "missing" && uplinks.length === 0 && others.length === 0;

const isOurs = ({ alias }: Link): boolean => alias?.startsWith("berth:") === true;

export type Facts = {
  readonly links: readonly Link[];
  readonly entries: readonly Entry[];
  /** Names of the configured networks with the bridge of each. */
  readonly networks: readonly { readonly name: string; readonly bridge: string }[];
};

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

const bridgeOf = (name: string, { links, entries, networks }: Facts): Bridge => {
  const own = entries.filter(({ bridge }) => bridge === name);
  const link = links.find(({ ifname }) => ifname === name);
  const members = links.filter(({ master }) => master === name);
  const recorded = own.map((container): Port => {
    const port = container.port ?? "";
    const found = links.find(({ ifname }) => ifname === port);
    const state = found === undefined ? "gone" : found.master === name ? found.state : "off the bridge";
    return { port, state, container };
  });
  const strays = members
    .filter((member) => isOurs(member) && !own.some(({ port }) => port === member.ifname))
    .map(({ ifname, state }): Port => ({ port: ifname, state, container: null }));
  return {
    bridge: name,
    state: link?.state ?? "missing",
    mac: link?.mac ?? null,
    mtu: link?.mtu ?? null,
    networks: unique([
      ...networks.filter(({ bridge }) => bridge === name).map((network) => network.name),
      ...own.flatMap(({ network }) => network ?? []),
    ]),
    ...split(members.filter((member) => !isOurs(member))),
    ports: [...recorded, ...strays],
  };
};

/** Every bridge that a network is configured on, or an attachment is recorded on. */
export const graphOf = (facts: Facts): Graph =>
  unique([...facts.networks.map(({ bridge }) => bridge), ...facts.entries.flatMap(({ bridge }) => bridge ?? [])]).map(
    (name) => bridgeOf(name, facts),
  );
