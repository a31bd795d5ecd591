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

export type Quadlet = {
  /** podman's own options, before `run` and before `rm`. */
  readonly globalArgs: readonly string[];
  /** `podman run` from its options to the image, as the ExecStart of the service has it. */
  readonly words: readonly string[];
  /** `podman rm` of its ExecStop. */
  readonly stopWords: readonly string[];
};

/**
 * What podman's generator (pkg/systemd/quadlet, ConvertContainer) makes of the quadlet example's [Container], with `cidfile` for
 * `%t/%N.cid` and `image` for its own. A key that is not known is an exception, as it is there.
 */
export const quadlet = (cidfile: string, image?: string): Quadlet => {
  const keys = containerKeys(read("quadlet/web1.container"));
  const all = (key: string): readonly string[] => keys.flatMap(([name, value]) => (name === key ? [value] : []));
  const last = (key: string): string => all(key).at(-1) ?? "";
  const fixed = ["--replace", "--rm", "--cgroups=split"];
  return {
    globalArgs: all("GlobalArgs"),
    words: [
      ...[`--name=${last("ContainerName")}`, `--cidfile=${cidfile}`, ...fixed, `--network=${last("Network")}`],
      ...["--sdnotify=conmon", "-d", ...all("Annotation").flatMap((one) => ["--annotation", one])],
      ...["--hostname", last("HostName"), image ?? last("Image")],
    ],
    stopWords: ["-v", "-f", "-i", `--cidfile=${cidfile}`],
  };
};

const known = ["Image", "ContainerName", "HostName", "Network", "Annotation", "GlobalArgs"];

/** Keys and values of [Container]; a section or key that is not known is an exception. */
const containerKeys = (text: string): readonly (readonly [string, string])[] => {
  let section = "";
  return text.split("\n").flatMap((row): readonly (readonly [string, string])[] => {
    if (row === "" || row.startsWith("#")) return [];
    const heading = /^\[(.*)\]$/.exec(row)?.[1];
    if (heading !== undefined) {
      if (!["Unit", "Container", "Service", "Install"].includes(heading)) throw new Error(`the section ${row}`);
      section = heading;
      return [];
    }
    const [, key = "", value = ""] = /^([A-Za-z]+)=(.*)$/.exec(row) ?? [];
    if (section !== "Container") return [];
    if (!known.includes(key)) throw new Error(`a line of the quadlet that this test does not know: ${row}`);
    return [[key, value]];
  });
};
