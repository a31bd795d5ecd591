/** How a command speaks: one line on stderr, made safe to print; failures of hooks also where an operator looks later. */
import type { Directories } from "../lease/paths.ts";
import { type Event, logEvent, logToSyslog } from "../log/events.ts";

/** Control characters and other non-printable ones become `?`: text from outside must not speak to a terminal. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]+/g, "?").slice(0, 2000);

export const say = (message: string): void => {
  process.stderr.write(`berth: ${printable(message)}\n`);
};

/** A hook's failure: stderr (runc shows it, crun drops it), syslog and the event log. */
export const sayFailure = (dirs: Directories, event: Event, message: string): void => {
  say(message);
  logToSyslog(printable(message));
  logEvent(dirs, { ...event, message: printable(message) });
};
