/**
 * Which network does a word mean? One of the configuration's by its name; else a bridge of this host, by its name or, as pipework
 * has it, `mac:ADDRESS`: the network that is configured on it, or one with nothing but that bridge.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { err, ok, type Result } from "neverthrow";
import * as z from "zod/mini";
import { type Chosen, chooseNetwork } from "../config/plan.ts";
import { type Config, networkName, networkSchema } from "../config/schema.ts";
import { quote } from "../log/quote.ts";
import { type Ifname, parseIfname, parseMac } from "../net/address.ts";

const classNet = "/sys/class/net";

const isBridge = (name: string): boolean => existsSync(`${classNet}/${name}/bridge`);

const text = (path: string): string => {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return "";
  }
};

const masterOf = (name: string): string => {
  try {
    return basename(readlinkSync(`${classNet}/${name}/master`));
  } catch {
    return "";
  }
};

/** A bridge has the MAC of one of its ports, normally its uplink's: either names the bridge. */
const bridgeWithMac = (word: string): Result<Ifname, string> => {
  const mac = parseMac(word.slice("mac:".length));
  if (mac === undefined) return err(`${quote(word)}: expected mac: and a MAC address like mac:00:16:3e:01:02:03`);
  const holders = readdirSync(classNet).filter((name) => text(`${classNet}/${name}/address`) === mac);
  const bridges = new Set(
    holders.flatMap((name) => (isBridge(name) ? [name] : isBridge(masterOf(name)) ? [masterOf(name)] : [])),
  );
  const [first, ...more] = bridges;
  const bridge = first === undefined ? undefined : parseIfname(first);
  if (bridge !== undefined && more.length === 0) return ok(bridge);
  if (more.length > 0) return err(`${quote(word)} could be any of ${[...bridges].join(", ")}`);
  return err(
    holders.length === 0
      ? `no interface of this host has the MAC ${mac}`
      : `${holders.join(", ")} has the MAC ${mac} and is on no bridge: put it on one ('ip link set ${holders[0]} master br0')`,
  );
};

const onBridge = (config: Config, bridge: Ifname): Result<Chosen, string> => {
  const configured = [...config.networks].filter(([, network]) => network.bridge === bridge);
  const [first] =
    configured.length === 1 ? configured : configured.filter(([name]) => name === (config.defaultNetwork ?? "default"));
  if (first !== undefined) return ok({ name: first[0], network: first[1] });
  if (configured.length > 1)
    return err(
      `several networks are on the bridge ${bridge}: name one of ${configured.map(([name]) => name).join(", ")}`,
    );
  // A bridge may have a name that no network may.
  const name = networkName.safeParse(bridge).success ? bridge : "bridge";
  return ok({ name, network: z.parse(networkSchema, { bridge }) });
};

/** The error is a sentence. */
export const networkFor = (config: Config, word: string | null): Result<Chosen, string> => {
  if (word === null || config.networks.has(word))
    return chooseNetwork(config, word === null ? undefined : { value: word, where: "the command line" }).mapErr(
      ({ where, what, todo }) => `${where}: ${what}: ${todo}`,
    );
  if (word.startsWith("mac:")) return bridgeWithMac(word).andThen((bridge) => onBridge(config, bridge));
  const bridge = parseIfname(word);
  if (bridge !== undefined && existsSync(`${classNet}/${bridge}`)) return onBridge(config, bridge);
  const names = [...config.networks.keys()].slice(0, 10).join(", ");
  return err(`${quote(word)} is neither a network nor a bridge of this host: the networks are ${names}`);
};
