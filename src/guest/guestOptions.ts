/** The options by which a command of these is told which container is meant, and what they say. */
import { err, ok, type Result } from "neverthrow";
import type { Call } from "../cli/operator/command.ts";
import type { GuestWord } from "./guest.ts";

const absolute = (option: string, text: string): Result<string, string> =>
  /^\/[^\0\n]{0,4000}$/.test(text) ? ok(text) : err(`--${option} must be an absolute path`);

/** `word`: the container as it was named beside the options; null: it was not. The error is a usage error. */
export const guestWordOf = (call: Call, word: string | null): Result<GuestWord, string> => {
  const pid = call.value("pid");
  const netns = call.value("netns");
  const root = call.value("runtime-root");
  if (pid !== undefined && netns !== undefined) return err("--pid and --netns: one of them says it");
  if (pid !== undefined) {
    const isPid = /^[1-9][0-9]{0,9}$/.test(pid) && Number(pid) <= 0x7fffffff;
    return isPid ? ok({ kind: "pid", pid: Number(pid) }) : err("--pid must be the number of a process");
  }
  if (netns !== undefined) return absolute("netns", netns).map((path) => ({ kind: "netns", path }));
  if (word === null) return err("which container? give its name or id, or --pid or --netns");
  if (root === undefined) return ok({ kind: "container", word, runtimeRoot: null });
  return absolute("runtime-root", root).map((runtimeRoot) => ({ kind: "container", word, runtimeRoot }));
};
