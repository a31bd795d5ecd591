/** The ports of ours that there are on the host, by name and alias: what anybody else made is not seen here. */
import { readdirSync, readFileSync } from "node:fs";
import { portName, releasePortName } from "../attach/names.ts";
import { type ContainerId, type Ifname, parseContainerId, parseIfname } from "../net/address.ts";

export type OwnPort = {
  readonly port: Ifname;
  readonly id: ContainerId;
  readonly ifname: Ifname;
  /** The short-lived port of a release. */
  readonly release: boolean;
};

const aliasOf = (port: string): string => {
  try {
    return readFileSync(`/sys/class/net/${port}/ifalias`, "latin1").trim();
  } catch {
    return "";
  }
};

/** `berth:<id>:<ifname>`; an id may hold colons in no runtime that there is, and the name must fit the two anyway. */
const ownPort = (port: Ifname): OwnPort | null => {
  const [, kind = "", text = "", inside = ""] = /^(berth|berth-release):([^:]+):([^:]+)$/.exec(aliasOf(port)) ?? [];
  const id = parseContainerId(text);
  const ifname = parseIfname(inside);
  if (id === undefined || ifname === undefined) return null;
  const release = kind === "berth-release";
  return port === (release ? releasePortName(id, ifname) : portName(id, ifname)) ? { port, id, ifname, release } : null;
};

export const ownPorts = (): readonly OwnPort[] => {
  let names: readonly string[];
  try {
    names = readdirSync("/sys/class/net");
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const port = /^b[tx][0-9a-f]{8}$/.test(name) ? parseIfname(name) : undefined;
    return port === undefined ? [] : (ownPort(port) ?? []);
  });
};
