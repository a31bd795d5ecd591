/**
 * The plan: (state, spec, config) → the attachments that a container gets, or why it is none of ours. Pure: everything that
 * can be wrong with a name, an address or an option is found here, before anything is touched.
 */
import { err, ok, type Result } from "neverthrow";
import { quote } from "../log/quote.ts";
import { type Hostname, isUnicast, parseHostname, parseIfname, parseMac } from "../net/address.ts";
import type { OciSpec } from "../oci/spec.ts";
import type { OciState } from "../oci/state.ts";
import type { Config, NetworkConfig, Overridable } from "./schema.ts";
import { parseAddressing } from "./staticAddressing.ts";
import type { ClientIdPolicy, Plan, PlanError, PlannedAttachment } from "./types.ts";
import { readWishes, type Wish, type Wishes } from "./wishes.ts";

const invalid = (where: string, what: string, todo: string): Result<never, PlanError> =>
  err({ kind: "invalid", where, what, todo });

/** A wish as one of our types; undefined where there is none. */
const granted = <T>(
  wish: Wish | undefined,
  parse: (text: string) => T | undefined,
  expected: string,
): Result<T | undefined, PlanError> => {
  if (wish === undefined) return ok(undefined);
  const value = parse(wish.text);
  return value === undefined
    ? invalid(wish.where, `${quote(wish.text)} will not do`, `expected ${expected}`)
    : ok(value);
};

const networkOf = (
  config: Config,
  wish: Wish | undefined,
): Result<{ name: string; network: NetworkConfig }, PlanError> => {
  const names = Object.keys(config.networks);
  const fallback = Object.hasOwn(config.networks, "default") ? "default" : names.length === 1 ? names[0] : undefined;
  const name = wish?.text ?? config.defaultNetwork ?? fallback;
  const network = name !== undefined && Object.hasOwn(config.networks, name) ? config.networks[name] : undefined;
  if (name !== undefined && network !== undefined) return ok({ name, network });
  const known = `the networks are ${names.join(", ")}`;
  if (wish !== undefined) return invalid(wish.where, `there is no network ${quote(wish.text)}`, known);
  return invalid("berth.json", "it names several networks and none is the default", `set defaultNetwork: ${known}`);
};

/** The first wish that the network does not allow. */
const forbidden = (wishes: Wishes, name: string, network: NetworkConfig): PlanError | null => {
  for (const [key, wish] of Object.entries(wishes) as [Overridable, Wish][]) {
    if (network.overrides.includes(key)) continue;
    const what = `a container may not set ${key} on the network ${name}`;
    return {
      kind: "invalid",
      where: wish.where,
      what,
      todo: `leave it out, or add "${key}" to networks.${name}.overrides`,
    };
  }
  return null;
};

/** Names that a runtime gives when nobody chose one: they are the same for all, or new every time. */
const isChosen = (hostname: string, state: OciState): boolean =>
  !["runc", "crun", "localhost", "umoci-default"].includes(hostname) &&
  !state.id.startsWith(hostname) &&
  !/^[0-9a-f]{12}$/.test(hostname);

const clientIdOf = (text: string): ClientIdPolicy =>
  text === "mac" || text === "duid" || text === "none" ? { kind: text } : { kind: "text", text };

const printable = (text: string): string | undefined => (/^[\x20-\x7e]{1,256}$/.test(text) ? text : undefined);

const identityOf = (explicit: string | undefined, hostname: Hostname | undefined, state: OciState): string | null => {
  if (explicit !== undefined) return `identity:${explicit}`;
  return hostname !== undefined && isChosen(hostname, state) ? `hostname:${hostname}` : null;
};

const attachmentOf = (
  state: OciState,
  spec: OciSpec,
  wishes: Wishes,
  { name, network }: { name: string; network: NetworkConfig },
): Result<PlannedAttachment, PlanError> => {
  const ifname = granted(wishes.ifname, parseIfname, "an interface name of 1 to 15 of A-Z a-z 0-9 _ . -");
  if (ifname.isErr()) return err(ifname.error);
  if ((ifname.value ?? network.ifname) === "lo")
    return invalid(wishes.ifname?.where ?? "berth.json", "lo is taken", "choose another name");
  const mac = granted(wishes.mac, parseMac, "a MAC like 02:00:5e:10:00:01");
  if (mac.isErr()) return err(mac.error);
  if (mac.value !== undefined && !isUnicast(mac.value))
    return invalid(
      wishes.mac?.where ?? "mac",
      `${mac.value} is not a unicast MAC`,
      "choose one whose first octet is even",
    );
  const hostname = granted(wishes.hostname, parseHostname, "a host name of letters, digits, hyphens and dots");
  if (hostname.isErr()) return err(hostname.error);
  const identity = granted(wishes.identity, printable, "1 to 256 printable ASCII characters");
  if (identity.isErr()) return err(identity.error);
  const addressing = parseAddressing(wishes.ip?.text ?? network.ip);
  if (addressing.isErr())
    return invalid(
      wishes.ip?.where ?? `networks.${name}.ip`,
      `${quote(wishes.ip?.text ?? network.ip)} will not do`,
      addressing.error,
    );
  const chosenHostname = hostname.value ?? (spec.hostname === null ? undefined : parseHostname(spec.hostname));
  const { dhcp } = network;
  return ok({
    id: state.id,
    network: name,
    driver: network.driver,
    bridge: network.bridge,
    ifname: ifname.value ?? network.ifname,
    addressing: addressing.value,
    dhcp: {
      timeoutMs: dhcp.timeout * 1000,
      clientId: clientIdOf(dhcp.clientId),
      sendHostname: dhcp.hostname,
      conflictDetection: dhcp.conflictDetection,
      rapidCommit: dhcp.rapidCommit,
    },
    mac: mac.value ?? null,
    identity: identityOf(identity.value, chosenHostname, state),
    hostname: chosenHostname ?? null,
    mtu: network.mtu ?? null,
    dns: network.dns,
    search: network.search,
    writeResolvConf: network.resolvConf,
    writeHosts: network.hosts,
  });
};

export const plan = (state: OciState, spec: OciSpec, config: Config): Result<Plan, PlanError> => {
  if (!spec.namespaces.some(({ type }) => type === "network"))
    return ok({ kind: "not-ours", because: "it shares the host's network namespace" });
  const read = readWishes(state, spec);
  if (read.isErr()) return err(read.error);
  const wishes = read.value;
  if (config.when === "asked" && Object.keys(wishes).length === 0)
    return ok({ kind: "not-ours", because: 'it does not ask for berth, and the configuration says "when": "asked"' });
  return networkOf(config, wishes.network).andThen((chosen) => {
    const no = forbidden(wishes, chosen.name, chosen.network);
    if (no !== null) return err(no);
    return attachmentOf(state, spec, wishes, chosen).map(
      (attachment): Plan => ({
        kind: "attach",
        attachments: [attachment],
      }),
    );
  });
};
