/**
 * `berth attach`: a container that runs already is put on a network, by the same attach() as the hook's. Nothing has to be
 * registered with its runtime: keeper and gc see its end, and release what it had.
 */
import { err, ok, type Result } from "neverthrow";
import { attach } from "../attach/attach.ts";
import { detach } from "../attach/detach.ts";
import { attachErrorText } from "../attach/errors.ts";
import type { Target } from "../attach/step.ts";
import { settingsWords } from "../cli/arguments.ts";
import type { Call } from "../cli/operator/command.ts";
import { printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { onStopSignal } from "../cli/signals.ts";
import { plannedOn } from "../config/plan.ts";
import type { Config } from "../config/schema.ts";
import { inspected } from "../inspect/settings.ts";
import { startKeeperForHook } from "../keeper/autostart.ts";
import { tellToLook } from "../keeper/client.ts";
import { keeperPid } from "../keeper/single.ts";
import { containerLives } from "../lease/life.ts";
import { lockContainer, lockErrorText } from "../lease/lock.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { recordsOf } from "../lease/store.ts";
import { logEvent } from "../log/events.ts";
import type { Ifname } from "../net/address.ts";
import { closeNetns, type Netns, openNetns, openOwnNetns } from "../netns/enter.ts";
import { type Asked, askedOf, attachWordsOf } from "./asked.ts";
import { findGuest, type Guest } from "./guest.ts";
import { guestWordOf } from "./guestOptions.ts";
import { type Inside, lookInside } from "./inside.ts";
import { withProgress } from "./progress.ts";

/** How long a hook of the same container is waited for, in milliseconds. */
const lockMs = 15_000;
/** How long a keeper that was just started may take to be there, in milliseconds. */
const keeperMs = 3000;

const recordText = ({ ifname, state, addresses }: AttachmentRecord): string =>
  `${ifname} is ${state}${addresses.length > 0 ? ` with ${addresses.join(", ")}` : ""}`;

/** A dead predecessor of the same id goes; one of the same interface that lives is in the way. */
const clearTheWay = async (dirs: Directories, { id }: Guest, ifname: Ifname, home: Netns): Promise<string | null> => {
  for (const listed of recordsOf(dirs, id)) {
    if (!listed.ok) continue;
    if (!containerLives(listed.record)) await detach(dirs, listed.record, home);
    else if (listed.record.ifname === ifname)
      return `already attached: ${recordText(listed.record)}: choose another interface with -i, or 'berth detach' it first`;
  }
  return null;
};

const attached = ({ chosen }: Asked, record: AttachmentRecord, dirs: Directories): void => {
  const { id, ifname, mac, addresses, tookMs } = record;
  const event = { container: id, network: chosen.name, ifname, mac, addresses, message: "by an operator" };
  logEvent(dirs, { event: "attached", ...event, ...(tookMs === null ? {} : { tookMs }) });
};

const planFor = ({ chosen, words, ifname, port }: Asked, guest: Guest, inside: Inside) => {
  const { id, name, identity, hostname } = guest;
  const gateway = words.addressing?.kind === "static" && words.addressing.routes.some(({ to }) => to === "0.0.0.0/0");
  return plannedOn(chosen, {
    ...{ id, name, identity, hostname, ifname, port },
    mac: words.mac,
    addressing: words.addressing,
    writesNames: inside.interfaces.length === 0,
    // Whoever names a gateway wants it.
    defaultRoute: inside.defaultRoute === null || gateway,
  });
};

/** What an operator would not expect by himself. */
const remarks = ({ words }: Asked, guest: Guest, inside: Inside, record: AttachmentRecord): readonly string[] => {
  const gateway = record.lease?.routes.find(({ to }) => to === "0.0.0.0/0")?.via;
  const who = guest.name ?? guest.id;
  if (inside.defaultRoute !== null && record.wanted.defaultRoute && words.addressing?.kind === "static")
    return [`the default route by ${inside.defaultRoute} was replaced by the gateway that you named`];
  if (inside.defaultRoute === null || gateway === undefined || gateway === null) return [];
  return [
    `the default route by ${inside.defaultRoute} stays; for the other: 'berth route ${who} replace default via ${gateway}'`,
  ];
};

const work = async (
  call: Call,
  asked: Asked,
  guest: Guest,
  target: Target,
  signal: AbortSignal,
): Promise<Result<AttachmentRecord, string>> => {
  const { dirs } = call.settings;
  const { chosen, ifname } = asked;
  const inTheWay = await clearTheWay(dirs, guest, ifname, target.home);
  if (inTheWay !== null) return err(inTheWay);
  const inside = lookInside(target.netns, target.home);
  if (inside.isErr()) return err(`could not ${inside.error.attempted}: ${inside.error.why}`);
  if (inside.value.interfaces.includes(ifname))
    return err(`it has an interface ${ifname} already: choose another name with -i, like -i eth1`);
  const planned = planFor(asked, guest, inside.value);
  const started = performance.now();
  const what = planned.addressing.kind === "dhcp" ? "waiting for a lease" : "attaching";
  const done = await withProgress(`${what}: ${guest.name ?? guest.id} ${ifname} on ${chosen.network.bridge}`, () =>
    attach({ dirs, planned, target, signal, started }),
  );
  if (done.isErr()) {
    const { error, left } = done.error;
    const notUndone = left.length === 0 ? "" : ` (and could not undo: ${left.join("; ")})`;
    return err(`network ${chosen.name}: ${attachErrorText(error)}${notUndone}`);
  }
  const { record, warnings } = done.value;
  attached(asked, record, dirs);
  for (const warning of [...warnings, ...remarks(asked, guest, inside.value, record)]) say(`attach: ${warning}`);
  return ok(record);
};

const withGuest = async (call: Call, asked: Asked, guest: Guest): Promise<Result<AttachmentRecord, string>> => {
  const { dirs } = call.settings;
  const home = openOwnNetns();
  if (home.isErr()) return err(`could not ${home.error.attempted}: ${home.error.why}`);
  const netns = openNetns(guest.netns);
  if (netns.isErr()) return err(`could not ${netns.error.attempted}: ${netns.error.why}`);
  const stopping = onStopSignal();
  try {
    if (netns.value.inode === home.value.inode)
      return err("it shares the host's network namespace: there is nothing to attach");
    const locked = await lockContainer(dirs, guest.id, lockMs, stopping);
    if (locked.isErr()) return err(lockErrorText(locked.error));
    try {
      const target: Target = { life: guest.life, netns: netns.value, home: home.value, root: guest.root };
      return await work(call, asked, guest, target, stopping);
    } finally {
      locked.value.release();
    }
  } finally {
    closeNetns(netns.value);
    closeNetns(home.value);
  }
};

/** The keeper that is to look after it, which is started where it does not run: its pid. */
const keeperFor = async (call: Call, config: Config): Promise<number | null> => {
  const { dirs } = call.settings;
  await tellToLook(dirs);
  if (keeperPid(dirs) !== null || !config.keeper.autostart) return keeperPid(dirs);
  startKeeperForHook(dirs, settingsWords(call.settings));
  const deadline = performance.now() + keeperMs;
  while (keeperPid(dirs) === null && performance.now() < deadline) await Bun.sleep(20);
  return keeperPid(dirs);
};

export const attachGuest = async (call: Call): Promise<number> => {
  const fail = (why: string, code = 1): number => {
    say(`attach: ${why}`);
    return code;
  };
  const words = attachWordsOf(call);
  if (words.isErr()) return fail(words.error, 2);
  const which = guestWordOf(call, words.value.container);
  if (which.isErr()) return fail(which.error, 2);
  const asked = askedOf(call, words.value);
  if (asked.isErr()) return fail(asked.error);
  const guest = await findGuest(call.settings.dirs, which.value);
  if (guest.isErr()) return fail(guest.error);
  const record = await withGuest(call, asked.value, guest.value);
  if (record.isErr()) {
    const { id, name } = guest.value;
    logEvent(call.settings.dirs, { event: "attach-failed", container: id, message: record.error });
    return fail(`${name ?? id}: ${record.error}`);
  }
  const keeper = await keeperFor(call, asked.value.config);
  if (keeper === null && record.value.lease !== null)
    say("attach: no keeper runs, so nobody renews the lease: start 'berth keeper'");
  const object = inspected({ record: record.value, name: guest.value.name }, keeper);
  printJson(call.has("json") ? [object] : object);
  return 0;
};
