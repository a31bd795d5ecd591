/** `"gc": {"broken": "stop"}`: a container without its network is ended rather than left running without it. */
import { containerLives } from "../lease/life.ts";
import type { AttachmentRecord } from "../lease/record.ts";

/** As long as `docker stop` waits between SIGTERM and SIGKILL, in milliseconds. */
const PATIENCE = 10_000;

const signal = (record: AttachmentRecord, name: NodeJS.Signals): void => {
  if (record.pid === null || !containerLives(record)) return;
  try {
    process.kill(record.pid, name);
  } catch {
    // It has ended by itself.
  }
};

/** Its runtime sees the end of its process as it sees any other. Says what was done. */
export const endContainer = async (record: AttachmentRecord): Promise<string> => {
  if (record.pid === null) return "it has no process that could be stopped";
  signal(record, "SIGTERM");
  const deadline = performance.now() + PATIENCE;
  while (containerLives(record) && performance.now() < deadline) await Bun.sleep(50);
  if (!containerLives(record)) return "the container was stopped";
  signal(record, "SIGKILL");
  return "the container was killed";
};
