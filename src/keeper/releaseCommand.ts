/**
 * `berth release`: the lease of a container that goes on running is handed back, and with it its address. DHCPRELEASE leaves from
 * the container's own interface (RFC 2131 §4.4.6), and only then is the address taken away.
 */
import { err, ok, type Result } from "neverthrow";
import { releaseErrorText } from "../attach/errors.ts";
import { heldLease, sendRelease } from "../attach/release.ts";
import type { Call } from "../cli/operator/command.ts";
import { say } from "../cli/say.ts";
import { containerLives, netnsPathOf } from "../lease/life.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { logEvent } from "../log/events.ts";
import { closeNetns, enter, leave, type Netns, openNetns, openOwnNetns } from "../netns/enter.ts";
import { answerEach } from "./answers.ts";
import { applyLoss } from "./apply.ts";
import { tellToLook } from "./client.ts";

/** How long the server, or the router to it, may take to answer ARP, in milliseconds. */
const reachMs = 3000;

/** From inside the container: this process does nothing else meanwhile. */
const handBack = async (record: AttachmentRecord, home: Netns): Promise<Result<void, string>> => {
  const held = heldLease(record);
  if (held === null || record.lease === null) return ok(undefined);
  const netns = openNetns(netnsPathOf(record));
  if (netns.isErr()) return err(netns.error.why);
  try {
    if (String(netns.value.inode) !== record.netns) return err("its network namespace is another one by now");
    const entered = enter(netns.value);
    if (entered.isErr()) return err(entered.error.why);
    const sent = await sendRelease(record, held, performance.now() + reachMs);
    return sent.mapErr(releaseErrorText);
  } finally {
    leave(home);
    closeNetns(netns.value);
  }
};

const releaseOne = async (
  dirs: Directories,
  home: Netns,
  record: AttachmentRecord,
): Promise<Result<string, string>> => {
  if (!record.wanted.dhcp) return err("its address is static: there is no lease to release");
  if (record.state === "released") return ok("it was released before");
  if (!containerLives(record)) return err("the container has ended: 'berth gc' hands its lease back");
  const handed = await handBack(record, home);
  if (handed.isErr()) return err(handed.error);
  const taken = await applyLoss(dirs, home, record, "released");
  if (taken.isErr()) return err(taken.error.why);
  const { id, ifname, network, mac, addresses } = record;
  logEvent(dirs, { event: "released", container: id, ifname, network, mac, addresses, message: "by an operator" });
  return ok(`${addresses.join(", ") || "no address"} was released`);
};

export const release = async (call: Call): Promise<number> => {
  const { dirs } = call.settings;
  const home = openOwnNetns();
  if (home.isErr()) {
    say(`release: could not ${home.error.attempted}: ${home.error.why}`);
    return 1;
  }
  let running: string | null = null;
  const code = await answerEach(call, "release", async (record) => {
    const released = await releaseOne(dirs, home.value, record);
    if (released.isOk()) running = record.id;
    return { ifname: record.ifname, done: released.isOk(), message: released.isOk() ? released.value : released.error };
  });
  closeNetns(home.value);
  await tellToLook(dirs);
  if (running !== null)
    say(`release: ${running} runs on without an address; 'berth renew ${running}' asks for one again`);
  return code;
};
