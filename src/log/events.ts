/**
 * What happened, for whoever looks later: one JSON object a line in `<run-dir>/events.jsonl`, appended by every hook,
 * bounded by rotation to one predecessor. Failures go to syslog (and so to the journal) as well, because not every
 * runtime shows a hook's stderr.
 */
import { appendFileSync, renameSync, statSync } from "node:fs";
import { makeDirectory } from "../host/files.ts";
import { sendUnixDatagram } from "../host/libc.ts";
import type { Directories } from "../lease/paths.ts";

export const eventNames = [
  "attached",
  "attach-failed",
  "released",
  "release-failed",
  "not-ours",
  "warning",
  "keeper-started",
  "keeper-stopped",
  "renewed",
  "renew-failed",
  "changed",
  "nak",
  "lost",
  "garbage",
  "broken",
  "repaired",
] as const;
export type EventName = (typeof eventNames)[number];

export type Event = {
  readonly event: EventName;
  readonly container?: string;
  readonly network?: string;
  readonly ifname?: string;
  readonly mac?: string;
  readonly addresses?: readonly string[];
  readonly message?: string;
  readonly tookMs?: number;
  /** How a lease came about or went on, in the words of RFC 2131's states. */
  readonly exchange?: string;
  readonly leaseSeconds?: number;
  /** With BERTH_TRACE=1: milliseconds by step. */
  readonly steps?: Readonly<Record<string, number>> | undefined;
};

const mostBytes = 1024 * 1024;

/** Best effort: an event that cannot be written never stops a container. One line is one write, so lines never mix. */
export const logEvent = (dirs: Directories, event: Event): void => {
  const path = `${dirs.runDir}/events.jsonl`;
  const text = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > mostBytes) renameSync(path, `${path}.1`);
    appendFileSync(path, text, { mode: 0o600 });
  } catch {
    if (makeDirectory(dirs.runDir).isErr()) return;
    try {
      appendFileSync(path, text, { mode: 0o600 });
    } catch {
      // Disk full, read-only: the caller's own message on stderr is what remains.
    }
  }
};

const LOG_DAEMON_ERR = 3 * 8 + 3;

/** One line to syslog(3) with facility daemon, severity error. Without /dev/log nothing happens. */
export const logToSyslog = (message: string): void => {
  sendUnixDatagram("/dev/log", new TextEncoder().encode(`<${LOG_DAEMON_ERR}>berth[${process.pid}]: ${message}`));
};
