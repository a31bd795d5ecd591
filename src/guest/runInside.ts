/** `berth route`, `berth rule`, `berth tc`: iproute2 on a container's network, whose own image need not have it. */
import type { Call } from "../cli/operator/command.ts";
import { say } from "../cli/say.ts";
import { programPath } from "../host/run.ts";
import { closeNetns, openNetns, openOwnNetns, pathForChildren } from "../netns/enter.ts";
import { findGuest } from "./guest.ts";
import { guestWordOf } from "./guestOptions.ts";

const programs = { route: ["ip", "route"], rule: ["ip", "rule"], tc: ["tc"] } as const;
export type InsideName = keyof typeof programs;

/** The exit code is the program's own; 1 where it could not be run. */
export const runInside = async (call: Call, name: InsideName): Promise<number> => {
  const fail = (why: string, code = 1): number => {
    say(`${name}: ${why}`);
    return code;
  };
  const byOption = call.value("pid") !== undefined || call.value("netns") !== undefined;
  const [word = null, ...more] = call.words;
  const which = guestWordOf(call, byOption ? null : word);
  if (which.isErr()) return fail(which.error, 2);
  const guest = await findGuest(call.settings.dirs, which.value);
  if (guest.isErr()) return fail(guest.error);
  const nsenter = programPath("nsenter");
  const [first, ...words] = programs[name];
  const program = programPath(first);
  if (nsenter === undefined) return fail("nsenter is not installed: install util-linux");
  if (program === undefined) return fail(`${first} is not installed: install iproute2`);
  const home = openOwnNetns();
  if (home.isErr()) return fail(`could not ${home.error.attempted}: ${home.error.why}`);
  const netns = openNetns(guest.value.netns);
  if (netns.isErr()) return fail(`could not ${netns.error.attempted}: ${netns.error.why}`);
  try {
    if (netns.value.inode === home.value.inode)
      return fail("it shares the host's network namespace: use the host's own command");
    const json = call.has("json") ? ["-json"] : [];
    const rest = byOption ? call.words : more;
    const child = Bun.spawn([nsenter, `--net=${pathForChildren(netns.value)}`, program, ...json, ...words, ...rest], {
      stdio: ["inherit", "inherit", "inherit"],
    });
    return await child.exited;
  } finally {
    closeNetns(netns.value);
    closeNetns(home.value);
  }
};
