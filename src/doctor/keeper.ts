/** The keeper: there, of this version, answering. */
import { askStatus } from "../keeper/client.ts";
import { keeperPid } from "../keeper/single.ts";
import { containerLives } from "../lease/life.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { durationText } from "../screen/duration.ts";
import type { Context } from "./context.ts";
import { type Finding, fail, fine, warn } from "./finding.ts";

declare const BERTH_VERSION: string;

const check = "keeper";
const start =
  "systemctl start berth-keeper, or where there is no systemd: setsid berth keeper >/dev/null 2>&1 </dev/null &";

const absent = (records: readonly AttachmentRecord[], autostart: boolean): Finding => {
  const leases = records.filter((record) => record.lease !== null && containerLives(record)).length;
  if (leases > 0)
    return fail(check, "no keeper runs", `${leases} lease${leases === 1 ? " is" : "s are"} renewed by nobody`, start);
  return autostart
    ? fine(check, "no keeper runs; the next container's start begins one")
    : warn(
        check,
        'no keeper runs, and "keeper": {"autostart": false} keeps hooks from starting one',
        "leases will be renewed by nobody",
        start,
      );
};

const running = async (dirs: Directories, pid: number): Promise<Finding> => {
  const status = await askStatus(dirs);
  const restart = "systemctl restart berth-keeper, or kill it: nothing is released, the next one goes on";
  if (status.isErr())
    return fail(
      check,
      `the keeper (pid ${pid}) does not answer: ${status.error}`,
      "leases may be renewed by nobody",
      restart,
    );
  const { version, startedAt } = status.value;
  const age = durationText(Date.now() / 1000 - startedAt);
  return version === BERTH_VERSION
    ? fine(check, `the keeper (pid ${pid}) has been running for ${age}`)
    : warn(
        check,
        `the keeper (pid ${pid}) is version ${version}, and this is ${BERTH_VERSION}`,
        "it does what the other version did",
        restart,
      );
};

export const checkKeeper = async (
  context: Context,
  records: readonly AttachmentRecord[],
): Promise<readonly Finding[]> => {
  const { dirs } = context.settings;
  const pid = keeperPid(dirs);
  return [pid === null ? absent(records, context.config?.keeper.autostart ?? true) : await running(dirs, pid)];
};
