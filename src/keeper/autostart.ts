/**
 * "It is there without anybody remembering it": at the end of a container's start the hook sees to it that a keeper runs.
 * Under systemd that is the unit's business, and the hook only asks for it; elsewhere the hook starts one, in a session of its
 * own and holding nothing of the hook's. It never waits for it.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { programPath } from "../host/run.ts";
import type { Directories } from "../lease/paths.ts";

const unit = "berth-keeper.service";
const unitPlaces = [
  "/etc/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];

/** sd_booted(3). */
const systemdRuns = (): boolean => existsSync("/run/systemd/system");

const commandFor = (words: readonly string[], defaultPlaces: boolean): readonly string[] => {
  const systemctl = programPath("systemctl");
  // The unit keeps the default directories only.
  const asked = defaultPlaces && systemdRuns() && unitPlaces.some((place) => existsSync(`${place}/${unit}`));
  if (asked && systemctl !== undefined) return [systemctl, "start", "--no-block", unit];
  return [process.execPath, "keeper", ...words];
};

/** `words`: the options by which the keeper finds the same files. */
export const startKeeperForHook = (dirs: Directories, words: readonly string[]): void => {
  const [program = "", ...args] = commandFor(words, dirs.runDir === "/run/berth");
  const child = spawn(program, args, {
    cwd: "/",
    stdio: "ignore",
    detached: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
  });
  // Whatever is wrong with it, the container has its network.
  child.on("error", () => {});
  child.unref();
};
