/** `berth inspect` and `berth inspect-all`: attachments as JSON. */
import type { Call } from "../cli/operator/command.ts";
import { print, printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { type Attachment, type BrokenRecord, listAttachments } from "../containers/attachment.ts";
import { findContainer } from "../containers/find.ts";
import { bootMs } from "../host/bootTime.ts";
import { keeperPid } from "../keeper/single.ts";
import { closeNetns, openOwnNetns } from "../netns/enter.ts";
import { fullyInspected } from "./full.ts";
import { liveState } from "./live.ts";
import { type Inspected, inspected } from "./settings.ts";

/** An error is a sentence. */
const objectsOf = (call: Call, attachments: readonly Attachment[]): readonly Inspected[] | string => {
  const keeper = keeperPid(call.settings.dirs);
  if (!call.has("full")) return attachments.map((one) => inspected(one, keeper));
  const home = openOwnNetns();
  if (home.isErr()) return `could not ${home.error.attempted}: ${home.error.why}`;
  try {
    const now = { bootMs: bootMs(), wallMs: Date.now() };
    return attachments.map((one) => fullyInspected(one, keeper, liveState(one.record, home.value), now));
  } finally {
    closeNetns(home.value);
  }
};

/** One object after the other, as network-wrapper does; with --json one array. */
const show = (call: Call, name: string, attachments: readonly Attachment[]): number => {
  const objects = objectsOf(call, attachments);
  if (typeof objects === "string") {
    say(`${name}: ${objects}`);
    return 1;
  }
  if (call.has("json")) printJson(objects);
  else print(objects.map((object) => `${JSON.stringify(object, null, 2)}\n`).join(""));
  return 0;
};

/** One line each: a record that cannot be used keeps nobody from seeing the others. */
export const sayBroken = (name: string, broken: readonly BrokenRecord[]): void => {
  for (const { path, why } of broken) say(`${name}: the record ${path} cannot be used: ${why}`);
};

export const inspect = async (call: Call): Promise<number> => {
  const all = listAttachments(call.settings.dirs);
  const found: Attachment[] = [];
  let code = 0;
  for (const word of call.words) {
    const container = await findContainer(call.settings.dirs, word, all);
    if (container.isOk()) found.push(...container.value.attachments);
    else {
      say(`inspect: ${container.error}`);
      code = 1;
    }
  }
  return found.length === 0 ? code : Math.max(code, show(call, "inspect", found));
};

export const inspectAll = async (call: Call): Promise<number> => {
  const listed = listAttachments(call.settings.dirs);
  if (listed.isErr()) {
    say(`inspect-all: ${listed.error}`);
    return 1;
  }
  sayBroken("inspect-all", listed.value.broken);
  return show(call, "inspect-all", listed.value.good);
};
