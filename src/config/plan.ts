/**
 * The plan: (state, spec, config) → the attachments that a container gets, or why it is none of ours. Pure: everything that
 * can be wrong with a name, an address or an option is found here, before anything is touched.
 */
import { err, ok, type Result } from "neverthrow";
import { isDefault } from "../dhcp/lease.ts";
import { quote } from "../log/quote.ts";
import type { Annotations } from "../oci/field.ts";
import type { OciSpec } from "../oci/spec.ts";
import type { OciState } from "../oci/state.ts";
import { identityOf, isName, specHostname } from "./identity.ts";
import { type Config, type NetworkConfig, overridable } from "./schema.ts";
import { withRoutes } from "./staticAddressing.ts";
import type { Addressing, Plan, PlanError, PlannedAttachment } from "./types.ts";
import { readWishes, type Wish, type Wishes } from "./wishes.ts";

/** What is known of the container beside its documents. */
export type Facts = {
  /** The container's name, where the engine told it. */
  readonly engineName: string | null;
  /** The engine's labels. */
  readonly labels?: Annotations;
  /** How the engine networks the container, in Docker's words; empty: it does not say; null or absent: not Docker's. */
  readonly networkMode?: string | null;
};

/** A network of the configuration's, or one that is asked for by its bridge alone. */
export type Chosen = { readonly name: string; readonly network: NetworkConfig };

/** What a container is and what it wants, on whichever network. Null: nothing of its own, so the network's or the scheme's. */
export type Subject = Pick<PlannedAttachment, "id" | "name" | "identity" | "hostname" | "mac" | "port"> & {
  readonly ifname: PlannedAttachment["ifname"] | null;
  readonly addressing: Addressing | null;
  /** False: it has interfaces of somebody else's, and its resolv.conf and hosts are about those. */
  readonly writesNames: boolean;
  /** False: it has a default route of somebody else's. */
  readonly defaultRoute: boolean;
};

const invalid = (where: string, what: string, todo: string): Result<never, PlanError> =>
  err({ kind: "invalid", where, what, todo });

/** At most ten, because it goes into one line. */
const listed = (names: readonly string[]): string =>
  `${names.slice(0, 10).join(", ")}${names.length > 10 ? `, and ${names.length - 10} more` : ""}`;

/** The network that was asked for by its name; without a wish, the default one. */
export const chooseNetwork = (config: Config, wish: Wish<string> | undefined): Result<Chosen, PlanError> => {
  const names = [...config.networks.keys()];
  const fallback = config.networks.has("default") ? "default" : names.length === 1 ? names[0] : undefined;
  const name = wish?.value ?? config.defaultNetwork ?? fallback;
  const network = name === undefined ? undefined : config.networks.get(name);
  if (name !== undefined && network !== undefined) return ok({ name, network });
  const known = `the networks are ${listed(names)}`;
  const file = config.file ?? "the configuration";
  return wish === undefined
    ? invalid(file, "it has several networks and none is the default", `set defaultNetwork: ${known}`)
    : invalid(wish.where, `there is no network ${quote(wish.value)}`, known);
};

/** The first wish that the network does not allow, or its driver cannot grant. */
const forbidden = (wishes: Wishes, { name, network }: Chosen): PlanError | null => {
  for (const key of overridable) {
    const wish = wishes[key];
    if (wish === undefined) continue;
    const { where } = wish;
    if (key === "vlan") {
      const what = `the driver ${network.driver} of network ${name} does not support VLANs in this version`;
      return { kind: "invalid", where, what, todo: "leave it out" };
    }
    if (network.overrides.includes(key)) continue;
    const what = `network ${name} does not let a container choose its ${key}`;
    const todo = `leave it out, or add "${key}" to the overrides of network ${name}`;
    return { kind: "invalid", where, what, todo };
  }
  return null;
};

const addressingOn = (network: NetworkConfig, { addressing: asked, defaultRoute }: Subject): Addressing => {
  const addressing = asked ?? network.ip;
  if (addressing.kind === "dhcp") return addressing;
  const { routes, ...same } = withRoutes(addressing, network.routes);
  return { ...same, routes: defaultRoute ? routes : routes.filter((route) => !isDefault(route)) };
};

/** One interface on `network` for whoever it is: the one place where the two come together. */
export const plannedOn = ({ name, network }: Chosen, subject: Subject): PlannedAttachment => {
  const { dhcp } = network;
  const { addressing, ifname, writesNames, ...same } = subject;
  return {
    ...same,
    network: name,
    driver: network.driver,
    bridge: network.bridge,
    ifname: ifname ?? network.ifname,
    addressing: addressingOn(network, subject),
    dhcp: {
      timeoutMs: Math.round(dhcp.timeout * 1000),
      clientId: dhcp.clientId,
      sendHostname: dhcp.hostname,
      conflictDetection: dhcp.conflictDetection,
      rapidCommit: dhcp.rapidCommit,
    },
    mtu: network.mtu ?? null,
    dns: network.dns,
    search: network.search,
    writeResolvConf: network.resolvConf && writesNames,
    writeHosts: network.hosts && writesNames,
  };
};

const subjectOf = (state: OciState, spec: OciSpec, wishes: Wishes, facts: Facts): Subject => {
  const wishedHostname = wishes.hostname?.value ?? null;
  const explicit = wishes.identity?.value ?? null;
  return {
    id: state.id,
    name: facts.engineName !== null && isName(facts.engineName) ? facts.engineName : null,
    identity: identityOf(state, spec, { explicit, engineName: facts.engineName, wishedHostname }),
    hostname: wishedHostname ?? specHostname(spec),
    mac: wishes.mac?.value ?? null,
    port: null,
    ifname: wishes.ifname?.value ?? null,
    addressing: wishes.ip?.value ?? null,
    writesNames: true,
    defaultRoute: true,
  };
};

/** runtime-spec, config-linux.md, "Namespaces": without an entry of its own the container stays in the runtime's. */
const sharesHostNetwork = ({ namespaces }: OciSpec): boolean =>
  !namespaces.some(({ type, path }) => type === "network" && path !== "/proc/1/ns/net");

/**
 * Why the container is none of ours whatever the configuration says, or null. Docker from version 28 on plugs its own networks
 * after createRuntime (moby#51077): an empty netns is no proof there, but the network mode is.
 */
export const foreign = (state: OciState, spec: OciSpec, facts: Facts): string | null => {
  if (sharesHostNetwork(spec)) return "it shares the host's network namespace";
  const { networkMode = null, labels } = facts;
  if (networkMode === null || networkMode === "none") return null;
  const asks = readWishes(state, spec, labels).match(
    (wishes) => Object.keys(wishes).length > 0,
    () => true,
  );
  return asks ? null : `its engine gives it a network (NetworkMode ${quote(networkMode)}), and it does not ask for one`;
};

/**
 * What to attach, or why nothing. Whether the netns is empty is not known here; the caller looks. Errors: a wish that
 * cannot be met, a configuration without a network for this container.
 */
export const plan = (
  state: OciState,
  spec: OciSpec,
  config: Config,
  facts: Facts = { engineName: null },
): Result<Plan, PlanError> => {
  const because = foreign(state, spec, facts);
  if (because !== null) return ok({ kind: "not-ours", because });
  return readWishes(state, spec, facts.labels).andThen((wishes): Result<Plan, PlanError> => {
    if (config.when === "asked" && Object.keys(wishes).length === 0)
      return ok({
        kind: "not-ours",
        because: 'it does not ask for a network, and the configuration says "when": "asked"',
      });
    return chooseNetwork(config, wishes.network).andThen((chosen): Result<Plan, PlanError> => {
      const refused = forbidden(wishes, chosen);
      if (refused !== null) return err(refused);
      return ok({ kind: "attach", attachments: [plannedOn(chosen, subjectOf(state, spec, wishes, facts))] });
    });
  });
};
