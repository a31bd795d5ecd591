/**
 * berth.json. Its JSON Schema for editors is oci-config/berth.schema.json, which a test keeps in step with this one.
 * An unknown key is an error: a setting that is misspelt must not be silently without effect.
 *
 * What a string means is parsed here, once: the result holds addresses and names, no texts.
 */
import * as z from "zod/mini";
import { parseHostname, parseIfname, parseIpv4, parseIpv6 } from "../net/address.ts";
import { addressingGrammar, parseAddressing, parseExtraRoutes } from "./staticAddressing.ts";
import type { ClientIdPolicy } from "./types.ts";

/** What a container may ask for where its network lists it. */
export const overridable = ["network", "ifname", "mac", "ip", "hostname", "identity", "vlan"] as const;
export type Overridable = (typeof overridable)[number];

/** The pattern is for editors that know the JSON Schema; the parser decides. */
const word = <T>(pattern: RegExp, parse: (text: string) => T | undefined, expected: string) =>
  z.pipe(
    z.string().check(z.regex(pattern, { error: expected, abort: true })),
    z.transform((text: string, context): T => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.issues.push({ code: "custom", message: expected, input: text });
      return z.NEVER;
    }),
  );

const interfaceName = word(
  /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}$/,
  (text) => (text === "lo" ? undefined : parseIfname(text)),
  "an interface name of 1 to 15 characters out of A-Z a-z 0-9 _ . -, and not lo",
);
const ipAddress = word(/^[0-9A-Fa-f.:]+$/, (text) => parseIpv4(text) ?? parseIpv6(text), "an IP address");
const domain = word(/^[A-Za-z0-9.-]{1,254}$/, parseHostname, "a domain name");

const addressing = z.pipe(
  z.string().check(z.regex(/^(?:dhcp|[0-9].*)$/, { error: addressingGrammar, abort: true })),
  z.transform((text: string, context) =>
    parseAddressing(text).match(
      (value) => value,
      (message) => {
        context.issues.push({ code: "custom", message, input: text });
        return z.NEVER;
      },
    ),
  ),
);

const routes = z.pipe(
  z.array(z.strictObject({ to: z.string(), via: z.optional(z.string()) })).check(z.maxLength(64)),
  z.transform((entries: { to: string; via?: string | undefined }[], context) =>
    parseExtraRoutes(entries).match(
      (value) => value,
      ({ at, message }) => {
        context.issues.push({ code: "custom", message, input: entries, path: [at] });
        return z.NEVER;
      },
    ),
  ),
);

/** Option 61 has at most 255 bytes, of which one is the type. */
const clientIdText = z
  .string()
  .check(z.regex(/^[\x20-\x7e]{1,254}$/, { error: "1 to 254 printable ASCII characters", abort: true }));

const clientId = z.union(
  [
    z.pipe(
      clientIdText,
      z.transform(
        (text: string): ClientIdPolicy =>
          text === "mac" || text === "duid" || text === "none" ? { kind: text } : { kind: "text", text },
      ),
    ),
    z.pipe(
      z.strictObject({ text: clientIdText }),
      z.transform(({ text }: { text: string }): ClientIdPolicy => ({ kind: "text", text })),
    ),
  ],
  { error: '"mac", "duid", "none", a text of 1 to 254 printable ASCII characters, or {"text": "..."}' },
);

export const dhcpSchema = z.strictObject({
  timeout: z._default(z.number().check(z.minimum(0.5), z.maximum(120)), 10),
  clientId: z.prefault(clientId, "mac"),
  hostname: z._default(z.boolean(), true),
  conflictDetection: z._default(z.boolean(), false),
  rapidCommit: z._default(z.boolean(), false),
});

export const networkSchema = z.strictObject({
  bridge: interfaceName,
  driver: z._default(z.enum(["linux"]), "linux"),
  ifname: z.prefault(interfaceName, "eth0"),
  ip: z.prefault(addressing, "dhcp"),
  routes: z.prefault(routes, []),
  mtu: z.optional(z.int().check(z.minimum(68), z.maximum(65535))),
  dns: z.prefault(z.array(ipAddress).check(z.maxLength(8)), []),
  search: z.prefault(z.array(domain).check(z.maxLength(32)), []),
  resolvConf: z._default(z.boolean(), true),
  hosts: z._default(z.boolean(), true),
  overrides: z._default(z.array(z.enum(overridable)), () =>
    overridable.filter((key): key is Overridable => key !== "vlan"),
  ),
  dhcp: z.prefault(dhcpSchema, {}),
});

/** It names files too, so it begins with a letter or digit. */
export const networkName = z.string().check(
  z.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/, {
    error: "a network's name: 1 to 32 characters out of A-Z a-z 0-9 _ . -, the first a letter or digit",
  }),
);

export const gcSchema = z.strictObject({
  broken: z._default(z.enum(["repair", "report", "stop"]), "repair"),
  every: z._default(z.number().check(z.minimum(1), z.maximum(86400)), 60),
});

export const keeperSchema = z.strictObject({ autostart: z._default(z.boolean(), true) });

const listen = word(
  /^(?:\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:]+\]):\d{1,5}$/,
  (text) => {
    const [, v4, v6, digits] = /^(?:([\d.]+)|\[(.+)\]):(\d+)$/.exec(text) ?? [];
    const address = v4 === undefined ? parseIpv6(v6 ?? "") : parseIpv4(v4);
    const port = Number(digits);
    return address === undefined || port < 1 || port > 65535 ? undefined : { hostname: address, port };
  },
  "an address and a port, like 127.0.0.1:9467 or [::1]:9467",
);

export const metricsSchema = z.strictObject({ listen: z.optional(listen) });

export const configSchema = z.strictObject({
  $schema: z.optional(z.string()),
  when: z._default(z.enum(["empty-netns", "asked"]), "empty-netns"),
  defaultNetwork: z.optional(networkName),
  networks: z
    .record(networkName, networkSchema)
    .check(z.refine((networks) => Object.keys(networks).length > 0, { error: "at least one network" })),
  gc: z.prefault(gcSchema, {}),
  keeper: z.prefault(keeperSchema, {}),
  metrics: z.prefault(metricsSchema, {}),
});

export type NetworkConfig = Readonly<z.output<typeof networkSchema>>;

export type Config = {
  /** The file, for messages; null: there is none and the defaults hold. */
  readonly file: string | null;
  readonly when: "empty-netns" | "asked";
  readonly defaultNetwork: string | null;
  /** At least one. */
  readonly networks: ReadonlyMap<string, NetworkConfig>;
  readonly gc: Readonly<z.output<typeof gcSchema>>;
  readonly keeper: Readonly<z.output<typeof keeperSchema>>;
  readonly metrics: Readonly<z.output<typeof metricsSchema>>;
};
