/** The hooks that are put into a container's config.json. */
import * as z from "zod/mini";
import { list } from "../oci/field.ts";

export type Stage = "createRuntime" | "poststop";

/** How berth is to be called again for this container. */
export type Caller = {
  /** Absolute path of the executable. */
  readonly executable: string;
  /** Options, as words. */
  readonly settings: readonly string[];
};

/** For the lock, the undo and the release; the lease itself has a limit of its own. Seconds. */
const marginSeconds = 20;
const poststopSeconds = 30;

/** `dhcpMs`: how long the network may take to give a lease. The environment must not be empty: the runtime's would be used. */
export const hookFor = (stage: Stage, { executable, settings }: Caller, dhcpMs: number): unknown => ({
  path: executable,
  args: ["berth", stage, ...settings],
  env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
  timeout: stage === "poststop" ? poststopSeconds : Math.ceil(dhcpMs / 1000) + marginSeconds,
});

const hookSchema = z.object({ path: z.string(), args: list(z.string()) });

/** True for a hook of berth's for that stage, whoever registered it and wherever berth is. */
export const isHookOf = (value: unknown, stage: Stage, { executable }: Caller): boolean => {
  const parsed = z.safeParse(hookSchema, value);
  if (!parsed.success) return false;
  const { path, args } = parsed.data;
  const isExecutable = path === executable || path.endsWith("/berth");
  return (isExecutable && args[1] === stage) || path.endsWith(`/berth/hooks/${stage}`);
};
