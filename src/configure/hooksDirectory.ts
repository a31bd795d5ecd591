/**
 * podman and CRI-O: one JSON file a hook (oci-hooks(5)) in a directory that they read. CRI-O reads /etc/containers/oci/hooks.d and
 * /usr/share/containers/oci/hooks.d; podman 4.3 the second alone unless `hooks_dir` of containers.conf(5) says otherwise.
 */
import { ok, Result } from "neverthrow";
import type { Changes, Wish } from "./change.ts";
import { readText } from "./files.ts";

const stages = ["createRuntime", "poststop"] as const;

/** `env` is explicit: without one a runtime hands its own environment to the hook. */
const hookText = ({ executable, settings }: Wish, stage: (typeof stages)[number]): string =>
  `${JSON.stringify(
    {
      version: "1.0.0",
      hook: {
        path: executable,
        args: ["berth", stage, ...settings],
        env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        timeout: 30,
      },
      when: { always: true },
      stages: [stage],
    },
    null,
    2,
  )}\n`;

const directories = { podman: "/usr/share/containers/oci/hooks.d", crio: "/etc/containers/oci/hooks.d" } as const;

const nextSteps = {
  podman: "podman reads them at the next container: podman run --rm --net none IMAGE",
  crio: "restart CRI-O: 'systemctl restart crio'",
} as const;

export const configureHooks = (wish: Wish, engine: "podman" | "crio"): Result<Changes, string> => {
  const directory = wish.configFile ?? `${wish.root}${directories[engine]}`;
  const changes = stages.map((stage) => {
    const file = `${directory}/${wish.name}-${stage}.json`;
    return readText(file).map((before) => ({ file, before, after: wish.remove ? null : hookText(wish, stage) }));
  });
  const notes = wish.setAsDefault ? [`${engine} calls its hooks for every container: there is no default to set`] : [];
  return Result.combine(changes).andThen((all) =>
    ok({ changes: all, notes, next: wish.remove && engine === "podman" ? null : nextSteps[engine] }),
  );
};
