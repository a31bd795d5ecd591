/** A runtime that was killed has not taken its container's cgroups away; they have the container's id in their name. */
import { execFileSync } from "node:child_process";

export const removeCgroups = (id: string): void => {
  execFileSync("find", ["/sys/fs/cgroup", "-depth", "-type", "d", "-name", `*${id}*`, "-exec", "rmdir", "{}", "+"]);
};
