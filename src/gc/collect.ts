/**
 * What is done about a finding. Every one is looked at again under its container's lock, which a hook at work holds: what
 * is being made or taken down at this moment is left to whoever does it. Nothing is waited for: there is a next round.
 */
import { existsSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { detach } from "../attach/detach.ts";
import { portAlias, portName, releasePortAlias } from "../attach/names.ts";
import { removeOwnFiles } from "../attach/ownFiles.ts";
import { driverOf } from "../bridge/drivers.ts";
import type { Config } from "../config/schema.ts";
import { faultPoint } from "../host/fault.ts";
import { remove } from "../host/files.ts";
import { removeVoidClaim } from "../lease/claims.ts";
import { containerLives } from "../lease/life.ts";
import { lockContainer } from "../lease/lock.ts";
import type { Directories } from "../lease/paths.ts";
import { keepBrokenRecord, listRecord, readRecord, recordsOf } from "../lease/store.ts";
import type { ContainerId, Ifname } from "../net/address.ts";
import type { Netns } from "../netns/enter.ts";
import { hasInterface } from "../netns/interfaces.ts";
import { damageOf } from "./damage.ts";
import { endContainer } from "./endContainer.ts";
import type { Finding } from "./finding.ts";
import { repair } from "./repair.ts";

export type Done =
  /** What was found is put right. */
  | { readonly kind: "done"; readonly what: string }
  /** It is not so any more, or somebody is at work on it. */
  | { readonly kind: "left"; readonly why: string }
  /** For a person to see to. */
  | { readonly kind: "reported" }
  | { readonly kind: "failed"; readonly why: string };

export type Collecting = { readonly dirs: Directories; readonly home: Netns; readonly broken: Config["gc"]["broken"] };

const left = (why: string): Done => ({ kind: "left", why });
const done = (what: string): Done => ({ kind: "done", what });

/** What was abandoned when it was found may by now have been attached, and ended: the next round finds it as that. */
const release = async (
  { dirs, home }: Collecting,
  { kind, id, ifname }: Extract<Finding, { kind: "ended" | "abandoned" }>,
): Promise<Done> => {
  const record = readRecord(dirs, id, ifname);
  if (record.isErr()) return left("the record is gone");
  if (containerLives(record.value) !== (kind === "abandoned")) return left("the container has started or ended since");
  if (kind === "abandoned" && record.value.state !== "acquiring") return left("it is attached");
  faultPoint("gc-collecting");
  const { unreleased } = await detach(dirs, record.value, home, "keep");
  if (recordsOf(dirs, id).length === 0) removeOwnFiles(dirs, id);
  if (unreleased !== null) return { kind: "failed", why: unreleased };
  const addresses = record.value.addresses.join(", ");
  return done(addresses === "" ? "it was taken down" : `${addresses} was released`);
};

/** Without its record nothing is known of the container but the port's name: while that is there, it may live. */
const setAside = ({ dirs }: Collecting, id: ContainerId, ifname: Ifname): Done => {
  const listed = listRecord(dirs, id, ifname);
  if (listed === null || listed.ok) return left("it is gone, or another one has come");
  if (hasInterface(portName(id, ifname))) return { kind: "reported" };
  keepBrokenRecord(dirs, id, ifname);
  return done(`it was moved to ${dirs.runDir}/broken`);
};

const mend = async (collecting: Collecting, id: ContainerId, ifname: Ifname): Promise<Done> => {
  const { dirs, home, broken } = collecting;
  const record = readRecord(dirs, id, ifname);
  if (record.isErr() || !containerLives(record.value)) return left("the container is gone");
  const damage = damageOf(record.value, home);
  if (damage.length === 0) return left("it is whole again");
  if (broken === "report") return { kind: "reported" };
  if (broken === "stop") return done(await endContainer(record.value));
  return repair(dirs, home, record.value).match<Done>(
    () => done("it was repaired"),
    (why) => ({ kind: "failed", why }),
  );
};

/** A file; then, or at once, the directory that held nothing else. */
const removeLeftover = (path: string): boolean => {
  const removed = remove(path);
  try {
    rmdirSync(removed ? dirname(path) : path);
    return true;
  } catch {
    return removed;
  }
};

const act = async (collecting: Collecting, finding: Finding): Promise<Done> => {
  const { dirs } = collecting;
  switch (finding.kind) {
    case "ended":
    case "abandoned":
      return release(collecting, finding);
    case "unreadable":
      return setAside(collecting, finding.id, finding.ifname);
    case "stray-port": {
      const { id, ifname, port } = finding;
      if (!finding.release && readRecord(dirs, id, ifname).isOk()) return left("it has a record now");
      const driver = driverOf("linux");
      const alias = finding.release ? releasePortAlias(dirs, id, ifname) : portAlias(dirs, id, ifname);
      if (!driver.owns(port, alias)) return left("it is gone");
      await driver.unplug(port, alias);
      return done("it was deleted");
    }
    case "stray-files":
      if (recordsOf(dirs, finding.id).length > 0) return left("it has a record now");
      if (!existsSync(finding.path)) return left("they are gone");
      removeOwnFiles(dirs, finding.id);
      return done("they were removed");
    case "broken":
      return mend(collecting, finding.id, finding.ifname);
    case "stray-claim":
      return removeVoidClaim(dirs, finding.mac) ? done("it was removed") : left("it is somebody's again");
    case "stray-temporary":
      return removeLeftover(finding.path) ? done("it was removed") : left("it is gone");
  }
};

/** Acts on one finding. Never waits for anybody's lock. */
export const collect = async (collecting: Collecting, finding: Finding): Promise<Done> => {
  if (!("id" in finding)) return act(collecting, finding);
  const locked = await lockContainer(collecting.dirs, finding.id, 0);
  if (locked.isErr()) return left("somebody is at work on this container");
  try {
    return await act(collecting, finding);
  } finally {
    locked.value.release();
  }
};
