/**
 * berth.json. Its JSON Schema for editors is oci-config/berth.schema.json, which a test keeps in step with this one.
 * An unknown key is an error: a setting that is misspelt must not be silently without effect.
 */
import * as z from "zod/mini";
import {
  type Hostname,
  type Ifname,
  type Ipv4,
  type Ipv6,
  parseHostname,
  parseIfname,
  parseIpv4,
  parseIpv6,
} from "../net/address.ts";
import { parseAddressing } from "./staticAddressing.ts";

export const overridable = ["network", "ifname", "mac", "ip", "hostname", "identity"] as const;
export type Overridable = (typeof overridable)[number];

const text = z.string();

const ifname = z.custom<Ifname>((value) => typeof value === "string" && parseIfname(value) !== undefined, {
  error: "must be an interface name of 1 to 15 characters",
});
const ipAddress = z.custom<Ipv4 | Ipv6>(
  (value) => typeof value === "string" && (parseIpv4(value) ?? parseIpv6(value)) !== undefined,
  { error: "must be an IP address" },
);
const domain = z.custom<Hostname>((value) => typeof value === "string" && parseHostname(value) !== undefined, {
  error: "must be a domain name",
});
const addressing = text.check(
  z.refine((value) => parseAddressing(value).isOk(), {
    error: "must be 'dhcp' or ADDRESS/PREFIX[@GATEWAY], like 10.0.0.5/24@10.0.0.1",
  }),
);
/** 255 bytes is option 61's length, one is its type. */
const clientIdText = text.check(z.regex(/^[\x20-\x7e]{1,254}$/, { error: "must be 1 to 254 printable characters" }));

const dhcp = z.strictObject({
  timeout: z._default(z.number().check(z.minimum(0.5), z.maximum(120)), 10),
  clientId: z._default(clientIdText, "mac"),
  hostname: z._default(z.boolean(), true),
  conflictDetection: z._default(z.boolean(), false),
  rapidCommit: z._default(z.boolean(), false),
});

const network = z.strictObject({
  bridge: ifname,
  driver: z._default(z.literal("linux", { error: "must be 'linux'" }), "linux"),
  ifname: z._default(ifname, "eth0" as Ifname),
  ip: z._default(addressing, "dhcp"),
  mtu: z.optional(z.int().check(z.minimum(68), z.maximum(65535))),
  dns: z._default(z.array(ipAddress).check(z.maxLength(8)), []),
  search: z._default(z.array(domain).check(z.maxLength(32)), []),
  resolvConf: z._default(z.boolean(), true),
  hosts: z._default(z.boolean(), true),
  overrides: z._default(z.array(z.enum(overridable)), [...overridable]),
  dhcp: z.prefault(dhcp, {}),
});

const networkName = text.check(
  z.regex(/^[A-Za-z0-9_.-]{1,32}$/, { error: "a network's name is 1 to 32 of A-Z a-z 0-9 _ . -" }),
);

export const configSchema = z.strictObject({
  $schema: z.optional(text),
  when: z._default(z.enum(["empty-netns", "asked"]), "empty-netns"),
  defaultNetwork: z.optional(networkName),
  networks: z
    .record(networkName, network)
    .check(z.refine((networks) => Object.keys(networks).length > 0, { error: "at least one network is needed" })),
});

export type Config = z.infer<typeof configSchema>;
export type NetworkConfig = Config["networks"][string];

/** What holds without a file: DHCP on br0. */
export const defaultConfig = (): Config => configSchema.parse({ networks: { default: { bridge: "br0" } } });
