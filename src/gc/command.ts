/** `berth gc`: one round, told to a person or, as JSON, to the keeper. */
import * as z from "zod/mini";
import type { Call } from "../cli/operator/command.ts";
import { print, printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { loadConfig } from "../config/load.ts";
import { logEvent } from "../log/events.ts";
import { closeNetns, openOwnNetns } from "../netns/enter.ts";
import { type Collected, collectedText, collectGarbage, eventOf, findOnly } from "./round.ts";

/** What `berth gc --json` prints, as far as the keeper reads it. */
export const reportSchema = z.array(
  z.object({
    kind: z.string(),
    outcome: z.enum(["done", "reported", "failed"]),
    message: z.string(),
    event: z.enum(["garbage", "repaired", "broken", "release-failed"]),
    container: z.optional(z.string()),
    ifname: z.optional(z.string()),
  }),
);

const rowOf = (collected: Collected) => {
  const { event, container, ifname, message } = eventOf(collected);
  const row = { kind: collected.finding.kind, outcome: collected.done.kind, event, message };
  return { ...row, ...(container === undefined ? {} : { container }), ...(ifname === undefined ? {} : { ifname }) };
};

export const gc = async (call: Call): Promise<number> => {
  const { dirs, configFile } = call.settings;
  const config = loadConfig(configFile);
  // What a container that ended leaves behind is cleaned up all the same; the living are not touched on a guess.
  const broken = config.isOk() ? config.value.gc.broken : "report";
  if (config.isErr()) say(`gc: ${config.error.message}; broken attachments are reported only`);
  const home = openOwnNetns();
  if (home.isErr()) {
    say(`gc: could not ${home.error.attempted}: ${home.error.why}`);
    return 1;
  }
  try {
    const collected = call.has("dry-run")
      ? findOnly(dirs, home.value)
      : await collectGarbage({ dirs, home: home.value, broken });
    if (!call.has("dry-run") && !call.has("unlogged")) for (const one of collected) logEvent(dirs, eventOf(one));
    if (call.has("json")) printJson(collected.map(rowOf));
    else print(collected.map((one) => `${collectedText(one)}\n`).join(""));
    return collected.some(({ done }) => done.kind === "failed") ? 1 : 0;
  } finally {
    closeNetns(home.value);
  }
};
