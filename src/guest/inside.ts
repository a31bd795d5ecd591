/** What a container has already, before anything of ours: looked up from inside its network namespace. */
import { readFileSync } from "node:fs";
import { ok, type Result } from "neverthrow";
import { inNetns, type Netns, type NetnsError } from "../netns/enter.ts";
import { interfaceNames } from "../netns/interfaces.ts";

export type Inside = {
  readonly interfaces: readonly string[];
  /** The interface of its default route, IPv4; null: it has none. */
  readonly defaultRoute: string | null;
};

/** "Iface Destination Gateway Flags RefCnt Use Metric Mask …" */
const defaultRoute = (): string | null =>
  readFileSync("/proc/self/net/route", "latin1")
    .split("\n")
    .slice(1)
    .map((row) => row.split("\t"))
    .find(([, to, , , , , , mask]) => to === "00000000" && mask === "00000000")?.[0] ?? null;

export const lookInside = (netns: Netns, home: Netns): Result<Inside, NetnsError> =>
  inNetns(netns, home, () => ok({ interfaces: interfaceNames(), defaultRoute: defaultRoute() }));
