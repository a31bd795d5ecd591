/** The host's links, as ip(8) tells them: what is a port of which bridge, and what kind of link it is. */
import { err, ok, type Result } from "neverthrow";
import * as z from "zod/mini";
import { type IpError, ipJson } from "../netns/ip.ts";

export type Link = {
  readonly ifname: string;
  /** `up`, `down`, …; of links that do not say, `unknown`. */
  readonly state: string;
  readonly mac: string;
  readonly mtu: number;
  /** The bridge that it is a port of. */
  readonly master: string | null;
  readonly alias: string | null;
  /** `bridge`, `veth`, `bond`, …; null: a network card. */
  readonly kind: string | null;
};

const schema = z.array(
  z.object({
    ifname: z.string(),
    operstate: z.catch(z.string(), "UNKNOWN"),
    address: z.catch(z.string(), ""),
    mtu: z.catch(z.number(), 0),
    master: z.catch(z.nullable(z.string()), null),
    ifalias: z.catch(z.nullable(z.string()), null),
    linkinfo: z.catch(z.object({ info_kind: z.catch(z.nullable(z.string()), null) }), { info_kind: null }),
  }),
);

export const hostLinks = (): Result<readonly Link[], IpError> =>
  ipJson(["-details", "link", "show"]).andThen((shown): Result<readonly Link[], IpError> => {
    const parsed = schema.safeParse(shown);
    if (!parsed.success) return err({ kind: "ip", line: "ip -j -details link show", why: "its output makes no sense" });
    return ok(
      parsed.data.map(({ ifname, operstate, address, mtu, master, ifalias, linkinfo }) => ({
        ...{ ifname, state: operstate.toLowerCase(), mac: address, mtu, master },
        ...{ alias: ifalias, kind: linkinfo.info_kind },
      })),
    );
  });
