/** What there is to see of berth on a worker: ports, records, the event log. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import type { AttachmentRecord } from "../../src/lease/record.ts";
import { parseRecord } from "../../src/lease/record.ts";
import { berthDirs } from "./bundle.ts";
import type { Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import { until } from "./until.ts";

/** Names of berth's ports and temporary ports on the worker. */
export const ports = async (worker: Host): Promise<readonly string[]> =>
  (await worker.must("ip", "-o", "link"))
    .split("\n")
    .flatMap((row) => /^\d+: (b[tx][0-9a-f]{8})[@:]/.exec(row)?.[1] ?? []);

const files = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory, { recursive: true }).map(String) : [];

export const records = (lab: Lab): readonly AttachmentRecord[] => {
  const { runDir } = berthDirs(lab);
  return files(`${runDir}/attachments`)
    .filter((name) => name.endsWith(".json"))
    .map((name) => parseRecord(readFileSync(`${runDir}/attachments/${name}`, "utf8"))._unsafeUnwrap());
};

export const onlyRecord = (lab: Lab): AttachmentRecord => {
  const [record, ...more] = records(lab);
  if (record === undefined || more.length > 0) throw new Error(`expected one record, there are ${records(lab).length}`);
  return record;
};

/** The process of an attached container; it has one, and to kill 0 or -1 would be to kill ourselves. */
export const pidOf = ({ pid }: AttachmentRecord): number => {
  if (pid === null) throw new Error("the record names no process");
  return pid;
};

export const events = (lab: Lab): readonly Record<string, unknown>[] => {
  const path = `${berthDirs(lab).runDir}/events.jsonl`;
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((row) => JSON.parse(row));
};

/** No port, record, claim or lock; and, with a server, no lease in its own file. */
export const assertNothingLeft = async (lab: Lab, worker: Host = lab.worker, server = true): Promise<void> => {
  const { runDir } = berthDirs(lab);
  assert.equal(await ports(worker), [], "ports are left");
  // A hook gives its lock back last; an engine does not always wait for it.
  await until("no lock is left", () => files(`${runDir}/locks`).length === 0);
  for (const part of ["attachments", "macs", "broken"])
    assert.equal(files(`${runDir}/${part}`), [], `${runDir}/${part} is not empty`);
  if (server) await until("the server has taken the leases back", () => lab.server.leases().length === 0);
};

/** The same, and no file that was mounted into a container. */
export const assertClean = async (lab: Lab, server = true): Promise<void> => {
  await assertNothingLeft(lab, lab.worker, server);
  const { runDir } = berthDirs(lab);
  assert.equal(files(`${runDir}/files`), [], `${runDir}/files is not empty`);
};
