/**
 * Writes oci-config/berth.schema.json, the JSON Schema (draft 2020-12) of berth.json, from the schema that berth itself
 * checks the file with. Run with bun after every change of src/config/schema.ts; a test fails until it is done.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { configSchema } from "../src/config/schema.ts";

export const schemaFile = fileURLToPath(new URL("../oci-config/berth.schema.json", import.meta.url));

/** By the place in berth.json; `*` is any network's name, `[]` an entry of a list. */
const descriptions: Readonly<Record<string, string>> = {
  $schema: "Where this schema is, for editors.",
  when: 'Which containers get an interface: "empty-netns" every one whose own network namespace is still empty, "asked" only those with an annotation io.berth.* or a variable BERTH_*.',
  defaultNetwork: 'The network of a container that names none. Left out: the network "default", or the only one.',
  networks: "The networks by name; at least one.",
  "networks.*": "One network: where a container is plugged in and how it gets its address.",
  "networks.*.bridge": "The bridge on the host, which has to exist and to be up.",
  "networks.*.driver": "What kind of bridge it is.",
  "networks.*.ifname": "The name of the interface inside the container.",
  "networks.*.ip":
    'How a container gets its address: "dhcp", or addresses like "10.0.0.5/24@10.0.0.1" (ADDRESS/PREFIX@GATEWAY, several separated by commas, at most one gateway).',
  "networks.*.routes": "More routes, used with a static address only: with DHCP the server says.",
  "networks.*.routes.[].to": "Destination, an IPv4 prefix without host bits, like 10.1.0.0/16.",
  "networks.*.routes.[].via": "Next hop, an IPv4 address. Left out: the destination is on the link.",
  "networks.*.mtu": "MTU in bytes. Left out: the bridge's, or less where the DHCP server says so.",
  "networks.*.dns": "DNS servers, used with a static address and where the DHCP server names none.",
  "networks.*.search": "Domains that names are searched in, used as dns is.",
  "networks.*.resolvConf": "Write the container's /etc/resolv.conf.",
  "networks.*.hosts": "Write the container's own line into its /etc/hosts.",
  "networks.*.overrides": "What a container may choose for itself by annotation or variable.",
  "networks.*.dhcp": "How the DHCP client behaves.",
  "networks.*.dhcp.timeout": "Seconds within which the lease must be there. A hook's own timeout has to be longer.",
  "networks.*.dhcp.clientId":
    'Option 61: "mac" (hardware type and MAC, what reservations by MAC expect), "duid" (RFC 4361, from the machine-id), "none", or a text.',
  "networks.*.dhcp.clientId.text": 'The text as it is, also where it is "mac", "duid" or "none".',
  "networks.*.dhcp.hostname": "Send the container's host name (option 12).",
  "networks.*.dhcp.conflictDetection":
    "Probe an address with ARP before it is used and decline it where it is taken (RFC 5227). Costs seconds at every start.",
  "networks.*.dhcp.rapidCommit": "Offer to take a lease in two messages instead of four (RFC 4039).",
  gc: "Garbage collection: what the keeper, or 'berth gc', does about what nobody needs any more.",
  "gc.broken":
    'What is done about a living container whose attachment was taken apart: "repair" it, "report" it only, or "stop" the container.',
  "gc.every": "Seconds between two rounds of the keeper's.",
  keeper: "The keeper of leases.",
  "keeper.autostart": "Where no keeper runs, the hook starts one. With systemd the unit berth-keeper does.",
  metrics: "The keeper's metrics, which are always on its own socket.",
  "metrics.listen": "Address and port for Prometheus, like 127.0.0.1:9467. Left out: none.",
};

type Node = z.core.JSONSchema.BaseSchema;

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** Gives each node its description, and notes which places there are. */
const describe = (node: Node, place: string, seen: Set<string>): void => {
  const below = (name: string): string => (place === "" ? name : `${place}.${name}`);
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    if (!isNode(child)) continue;
    const description = descriptions[below(name)];
    if (description === undefined) throw new Error(`no description of ${below(name)}`);
    child["description"] = description;
    seen.add(below(name));
    describe(child, below(name), seen);
  }
  const { additionalProperties: entry, items } = node;
  const description = descriptions[below("*")];
  if (isNode(entry) && description !== undefined) {
    entry["description"] = description;
    seen.add(below("*"));
    describe(entry, below("*"), seen);
  }
  if (isNode(items) && !Array.isArray(items)) describe(items, below("[]"), seen);
  for (const form of node.anyOf ?? []) if (isNode(form)) describe(form, place, seen);
};

/** Short lists on one line, as the formatter has them. */
const formatted = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /\[\s+("[^"\n]*"(?:,\s+"[^"\n]*")*)\s+\]/g,
    (_, entries: string) => `[${entries.replace(/,\s+/g, ", ")}]`,
  );

/** The file's text. Throws where a setting has no description or a description no setting. */
export const schemaText = (): string => {
  const generated: Node = z.toJSONSchema(configSchema, { io: "input", target: "draft-2020-12" });
  const seen = new Set<string>();
  describe(generated, "", seen);
  const stale = Object.keys(descriptions).filter((place) => !seen.has(place));
  if (stale.length > 0) throw new Error(`described and not there: ${stale.join(", ")}`);
  const { $schema, ...rest } = generated;
  const title = "berth.json";
  return `${formatted({ $schema, title, description: "The configuration of berth.", ...rest })}\n`;
};

if (import.meta.main) writeFileSync(schemaFile, schemaText());
