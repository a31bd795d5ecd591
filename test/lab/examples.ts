/** The examples of oci-config/, as the engines' words for `run`, so that tests can run them without compose or systemd. */
import { readFileSync } from "node:fs";
import * as z from "zod/mini";
import { repository } from "./bundle.ts";

const read = (path: string): string => readFileSync(`${repository}/oci-config/${path}`, "utf8");

const composeSchema = z.strictObject({
  services: z.record(
    z.string(),
    z.strictObject({
      image: z.string(),
      container_name: z.string(),
      hostname: z.string(),
      runtime: z.literal("berth"),
      network_mode: z.literal("none"),
      labels: z.record(z.string(), z.string()),
      restart: z.string(),
    }),
  ),
});

/** `docker run` options of the one service of the compose example. */
export const composeWords = (): readonly string[] => {
  const [service] = Object.values(composeSchema.parse(Bun.YAML.parse(read("docker/compose.yaml"))).services);
  if (service === undefined) throw new Error("the compose example has no service");
  const labels = Object.entries(service.labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  const named = ["--name", service.container_name, "--hostname", service.hostname, "--restart", service.restart];
  return [...named, "--runtime", service.runtime, "--network", service.network_mode, ...labels];
};

const options: Readonly<Record<string, string>> = {
  ContainerName: "--name",
  HostName: "--hostname",
  Network: "--network",
  Annotation: "--annotation",
};

export type Quadlet = { readonly globalArgs: readonly string[]; readonly words: readonly string[] };

/** `podman run` options of the quadlet example's [Container]. A key that is not known is an exception. */
export const quadletWords = (): Quadlet => {
  const words: string[] = [];
  const globalArgs: string[] = [];
  let section = "";
  for (const line of read("quadlet/web1.container").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const heading = /^\[(Unit|Container|Service|Install)\]$/.exec(line)?.[1];
    if (heading !== undefined) section = heading;
    const [key = "", value = ""] = heading === undefined ? line.split(/=(.*)/s) : [];
    if (section !== "Container" || heading !== undefined || key === "Image") continue;
    if (key === "GlobalArgs") globalArgs.push(value);
    else words.push(options[key] ?? unknownKey(key), value);
  }
  return { globalArgs, words };
};

const unknownKey = (key: string): never => {
  throw new Error(`a key of the quadlet that this test does not know: ${key}`);
};
