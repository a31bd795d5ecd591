/**
 * The plan: (state, spec, config) → the attachments that a container gets, or why it is none of ours. Pure: everything that
 * can be wrong with a name, an address or an option is found here, before anything is touched.
 */
import { err, ok, type Result } from "neverthrow";
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

type Chosen = { readonly name: string; readonly network: NetworkConfig };

const invalid = (where: string, what: string, todo: string): Result<never, PlanError> =>
  err({ kind: "invalid", where, what, todo });

/** At most ten, because it goes into one line. */
const listed = (names: readonly string[]): string =>
  `${names.slice(0, 10).join(", ")}${names.length > 10 ? `, and ${names.length - 10} more` : ""}`;

const chooseNetwork = (config: Config, wish: Wish<string> | undefined): Result<Chosen, PlanError> => {
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

const addressingOf = (wishes: Wishes, { network }: Chosen): Addressing => {
  const addressing = wishes.ip?.value ?? network.ip;
  return addressing.kind === "static" ? withRoutes(addressing, network.routes) : addressing;
};

const attachmentOf = (
  state: OciState,
  spec: OciSpec,
  wishes: Wishes,
  facts: Facts,
  chosen: Chosen,
): PlannedAttachment => {
  const { name, network } = chosen;
  const { dhcp } = network;
  const wishedHostname = wishes.hostname?.value ?? null;
  const explicit = wishes.identity?.value ?? null;
  return {
    id: state.id,
    network: name,
    driver: network.driver,
    bridge: network.bridge,
    ifname: wishes.ifname?.value ?? network.ifname,
    addressing: addressingOf(wishes, chosen),
    dhcp: {
      timeoutMs: Math.round(dhcp.timeout * 1000),
      clientId: dhcp.clientId,
      sendHostname: dhcp.hostname,
      conflictDetection: dhcp.conflictDetection,
      rapidCommit: dhcp.rapidCommit,
    },
    mac: wishes.mac?.value ?? null,
    identity: identityOf(state, spec, { explicit, engineName: facts.engineName, wishedHostname }),
    name: facts.engineName !== null && isName(facts.engineName) ? facts.engineName : null,
    hostname: wishedHostname ?? specHostname(spec),
    mtu: network.mtu ?? null,
    dns: network.dns,
    search: network.search,
    writeResolvConf: network.resolvConf,
    writeHosts: network.hosts,
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
      return ok({ kind: "attach", attachments: [attachmentOf(state, spec, wishes, facts, chosen)] });
    });
  });
};
