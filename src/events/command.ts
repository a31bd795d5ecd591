/** `berth events`: the event log, of its predecessor too, and on request as it grows. */
import { closeSync, fstatSync, openSync, readSync, statSync, watch } from "node:fs";
import type { Call } from "../cli/operator/command.ts";
import { print } from "../cli/print.ts";
import { makeDirectory, readRegular } from "../host/files.ts";
import type { Directories } from "../lease/paths.ts";

const most = 16 * 1024 * 1024;

const logPath = (dirs: Directories): string => `${dirs.runDir}/events.jsonl`;

/** Text from outside must not speak to a terminal. */
const harmless = (text: string): string => text.replace(/[^\x20-\x7e]+/g, "?");

const field = (event: Readonly<Record<string, unknown>>, name: string): string => {
  const value = event[name];
  if (Array.isArray(value)) return value.map(String).join(", ");
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

const detailOf = (event: Readonly<Record<string, unknown>>): string => {
  const message = field(event, "message");
  if (message !== "") return message;
  const took = field(event, "tookMs");
  const what = ["network", "ifname", "addresses", "mac"]
    .map((name) => field(event, name))
    .filter((text) => text !== "");
  return `${what.join(" ")}${took === "" ? "" : ` (${took} ms)`}`;
};

/** One line for a person; a line that is no event is shown as it is. */
export const eventText = (row: string): string => {
  let event: unknown;
  try {
    event = JSON.parse(row);
  } catch {
    return harmless(row);
  }
  if (typeof event !== "object" || event === null) return harmless(row);
  const fields = event as Readonly<Record<string, unknown>>;
  const id = field(fields, "container");
  const short = /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
  return harmless(
    [field(fields, "time"), field(fields, "event").padEnd(14), short || "-", detailOf(fields)].join(" ").trimEnd(),
  );
};

const rowsOf = (text: string): readonly string[] => text.split("\n").filter((row) => row !== "");

const show = (call: Call, rows: readonly string[]): boolean =>
  rows.length === 0 || print(`${rows.map((row) => (call.has("json") ? row : eventText(row))).join("\n")}\n`);

/** The log from where we stopped reading; a log that was rotated is read to its end first. */
const follower = (path: string) => {
  let fd: number | null = null;
  let rest = "";
  const open = (): void => {
    try {
      fd = openSync(path, "r");
    } catch {
      fd = null;
    }
  };
  const readOn = (): string => {
    if (fd === null) return "";
    const buffer = new Uint8Array(65536);
    let text = "";
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer))
      text += new TextDecoder().decode(buffer.subarray(0, got));
    return text;
  };
  const replaced = (): boolean => {
    const now = statSync(path, { throwIfNoEntry: false });
    return now !== undefined && (fd === null || now.ino !== fstatSync(fd).ino);
  };
  return (): readonly string[] => {
    let text = rest + readOn();
    if (replaced()) {
      if (fd !== null) closeSync(fd);
      open();
      text += readOn();
    }
    const end = text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    return rowsOf(text.slice(0, end));
  };
};

/** Until the reader goes away or a signal ends us. */
const follow = async (call: Call, next: () => readonly string[]): Promise<void> => {
  const { runDir } = call.settings.dirs;
  makeDirectory(runDir);
  const done = Promise.withResolvers<void>();
  const look = (): void => {
    if (!show(call, next())) done.resolve();
  };
  const watcher = watch(runDir, look);
  // A watch is deaf once its directory has been replaced.
  const timer = setInterval(look, 1000);
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => done.resolve());
  await done.promise;
  clearInterval(timer);
  watcher.close();
};

export const events = async (call: Call): Promise<number> => {
  const path = logPath(call.settings.dirs);
  const before = rowsOf(readRegular(`${path}.1`, most).unwrapOr(""));
  const next = follower(path);
  const rows = [...before, ...next()];
  const word = call.words[0];
  const wanted = (row: string): boolean =>
    word === undefined || row.includes(`"container":${JSON.stringify(word).slice(0, -1)}`);
  if (!show(call, rows.filter(wanted))) return 0;
  if (call.has("follow")) await follow(call, () => next().filter(wanted));
  return 0;
};
