/** Is berth registered with the engines that are installed here, by hooks and shims that exist? */
import { parse as parseToml } from "smol-toml";
import * as z from "zod/mini";
import { parseDaemonJson } from "../configure/daemonJson.ts";
import { isExecutable, type Machine, namesIn, textOf } from "./context.ts";
import { type Finding, fail, fine, warn } from "./finding.ts";

const check = "hooks";

const runtimeEntries = z.record(z.string(), z.object({ path: z._default(z.string(), "") }));

const isShim = (path: string): boolean => path.endsWith("/berth-runtime");

const daemonJson = "/etc/docker/daemon.json";

const checkDocker = (machine: Machine): readonly Finding[] => {
  const register = "berth configure docker --reload";
  const parsed = parseDaemonJson(textOf(machine, daemonJson) ?? "");
  if (parsed.isErr())
    return [
      fail(check, `${daemonJson}: ${parsed.error}`, "Docker does not start with it", "mend that place of the file"),
    ];
  const entries = Object.entries(runtimeEntries.safeParse(parsed.value["runtimes"] ?? {}).data ?? {});
  const ours = entries.filter(([, { path }]) => isShim(path));
  if (ours.length === 0)
    return [warn(check, "Docker is installed and does not know berth", "docker run --runtime berth fails", register)];
  return ours.map(([name, { path }]) => {
    const asDefault = parsed.value["default-runtime"] === name ? ", its default" : "";
    return isExecutable(machine, path)
      ? fine(check, `Docker knows berth as the runtime ${name}${asDefault}`)
      : fail(
          check,
          `Docker's runtime ${name} is ${path}, which is not there or cannot be executed`,
          asDefault === "" ? `docker run --runtime ${name} fails` : "no container of Docker's starts",
          "./install.sh, or 'berth configure docker --remove --reload'",
        );
  });
};

const hookFile = z.object({
  hook: z.object({ path: z.string(), args: z._default(z.array(z.string()), []) }),
  stages: z.array(z.string()),
});

type Hook = { readonly file: string; readonly path: string; readonly stages: readonly string[] };

/** Hooks of ours: what they call is berth, by the name of the program or of its first argument. */
const hooksIn = (machine: Machine, directory: string): readonly Hook[] =>
  namesIn(machine, directory).flatMap((name): readonly Hook[] => {
    const file = `${directory}/${name}`;
    try {
      const { hook, stages } = hookFile.parse(JSON.parse(textOf(machine, file) ?? ""));
      const isOurs = hook.args[0] === "berth" || /\/berth(?:-[a-z]+)?$/.test(hook.path);
      return isOurs ? [{ file, path: hook.path, stages }] : [];
    } catch {
      return [];
    }
  });

const usual = "/usr/share/containers/oci/hooks.d";
const local = "/etc/containers/oci/hooks.d";

/** containers.conf(5): hooks_dir of the file that counts. */
const podmanDirectories = (machine: Machine): readonly string[] => {
  for (const file of ["/etc/containers/containers.conf", "/usr/share/containers/containers.conf"]) {
    try {
      const document = z
        .object({ engine: z.object({ hooks_dir: z.array(z.string()) }) })
        .safeParse(parseToml(textOf(machine, file) ?? ""));
      if (document.success) return document.data.engine.hooks_dir;
    } catch {
      // podman says by itself what it thinks of such a file.
    }
  }
  return [usual];
};

const checkHooks = (
  machine: Machine,
  engine: "podman" | "CRI-O",
  directories: readonly string[],
): readonly Finding[] => {
  const register = `berth configure ${engine === "podman" ? "podman" : "crio"}`;
  const hooks = directories.flatMap((directory) => hooksIn(machine, directory));
  const dead = hooks.filter(({ path }) => !isExecutable(machine, path));
  if (dead.length > 0)
    return dead.map(({ file, path }) =>
      fail(
        check,
        `${file} calls ${path}, which is not there or cannot be executed`,
        `no container of ${engine}'s starts`,
        `./install.sh, or rm ${file}`,
      ),
    );
  const missing = ["createRuntime", "poststop"].filter((stage) => !hooks.some(({ stages }) => stages.includes(stage)));
  if (missing.length === 2)
    return [
      warn(
        check,
        `${engine} is installed and does not call berth`,
        "its containers get no network of berth's",
        register,
      ),
    ];
  if (missing.length === 1)
    return [
      fail(
        check,
        `${engine} calls berth at one end only: ${missing[0]} is missing`,
        missing[0] === "poststop"
          ? "leases are handed back by the garbage collector only"
          : "its containers get no network of berth's",
        register,
      ),
    ];
  return [fine(check, `${engine} calls berth (${directories.join(", ")})`)];
};

/** Hooks that are there, where podman does not look. */
const unread = (machine: Machine, directories: readonly string[]): readonly Finding[] =>
  directories.includes(local) || hooksIn(machine, local).length === 0
    ? []
    : [
        warn(
          check,
          `podman does not read the hooks in ${local}`,
          "only those in its hooks_dir are called",
          "berth configure podman, or set hooks_dir in containers.conf",
        ),
      ];

const containerdToml = "/etc/containerd/config.toml";

const checkContainerd = (machine: Machine): readonly Finding[] =>
  [
    ...(textOf(machine, containerdToml) ?? "").matchAll(
      /^[ \t]*BinaryName[ \t]*=[ \t]*["']([^"']*\/berth-runtime)["']/gm,
    ),
  ].map(([, path = ""]) =>
    isExecutable(machine, path)
      ? fine(check, `containerd knows berth (${containerdToml})`)
      : fail(
          check,
          `${containerdToml} names ${path}, which is not there or cannot be executed`,
          "pods of that runtime class do not start",
          "./install.sh, or 'berth configure containerd --remove'",
        ),
  );

export const checkRuntimes = (machine: Machine): readonly Finding[] => {
  const podman = podmanDirectories(machine);
  const findings = [
    ...(machine.has("dockerd") ? checkDocker(machine) : []),
    ...(machine.has("podman") ? [...checkHooks(machine, "podman", podman), ...unread(machine, podman)] : []),
    ...(machine.has("crio") ? checkHooks(machine, "CRI-O", [usual, local]) : []),
    ...checkContainerd(machine),
  ];
  if (findings.length > 0) return findings;
  const runtimes = ["runc", "crun"].filter((name) => machine.has(name));
  if (runtimes.length > 0)
    return [
      fine(check, `${runtimes.join(" and ")} by itself: berth is called where a bundle's config.json has its hooks`),
    ];
  return [
    warn(
      check,
      "neither Docker, podman, CRI-O, runc nor crun is installed",
      "there is nobody to call berth",
      "install one of them",
    ),
  ];
};
