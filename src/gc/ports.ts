/** The ports of ours that there are on the host, by name and alias: what anybody else made is not seen here. */
import { readdirSync, readFileSync } from "node:fs";
import { portAlias, portName, releasePortAlias, releasePortName } from "../attach/names.ts";
import type { Directories } from "../lease/paths.ts";
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

/** Name and alias must be what this run directory's berth gives to the container that the alias names. */
const ownPort = (dirs: Directories, port: Ifname): OwnPort | null => {
  const alias = aliasOf(port);
  const [, kind = "", text = "", inside = ""] = /^(berth|berth-release):([^:]+):([^:@]+)/.exec(alias) ?? [];
  const id = parseContainerId(text);
  const ifname = parseIfname(inside);
  if (id === undefined || ifname === undefined) return null;
  const release = kind === "berth-release";
  const name = release ? releasePortName(id, ifname) : portName(id, ifname);
  const mark = release ? releasePortAlias(dirs, id, ifname) : portAlias(dirs, id, ifname);
  // A port that an operator gave a name of its own is known by its alias alone.
  const named = port === name || !/^b[tx][0-9a-f]{8}$/.test(port);
  return named && alias === mark ? { port, id, ifname, release } : null;
};

export const ownPorts = (dirs: Directories): readonly OwnPort[] => {
  let names: readonly string[];
  try {
    names = readdirSync("/sys/class/net");
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const port = parseIfname(name);
    return port === undefined ? [] : (ownPort(dirs, port) ?? []);
  });
};
