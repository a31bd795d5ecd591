/** What a container has already, before anything of ours: looked up from inside its network namespace. */
import { ok, type Result } from "neverthrow";
import { inNetns, type Netns, type NetnsError } from "../netns/enter.ts";
import { defaultRouteInterface, interfaceNames } from "../netns/interfaces.ts";

export type Inside = {
  readonly interfaces: readonly string[];
  /** The interface of its default route, IPv4; null: it has none. */
  readonly defaultRoute: string | null;
};

export const lookInside = (netns: Netns, home: Netns): Result<Inside, NetnsError> =>
  inNetns(netns, home, () => ok({ interfaces: interfaceNames(), defaultRoute: defaultRouteInterface() ?? null }));
