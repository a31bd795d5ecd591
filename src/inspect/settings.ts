/**
 * An attachment in the words of network-wrapper's `inspect`, key for key and type for type, so that scripts written for
 * that go on working. Every value is text; one that does not exist is empty, and the process that keeps the lease is null
 * where there is none.
 */
import { type Attachment, shortId } from "../containers/attachment.ts";
import type { AttachmentRecord } from "../lease/record.ts";

export type NetworkSettings = {
  readonly HWAddr: string;
  readonly Bridge: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: string;
  readonly Gateway: string;
  /** Separated by `, `. */
  readonly DNS: string;
  readonly DHCP_PID: string | null;
};

export type Inspected = { readonly Container: string; readonly NetworkSettings: NetworkSettings };

/** The router of the default route, IPv4's before IPv6's. */
export const gatewayOf = (routes: AttachmentRecord["routes"]): string =>
  routes.find(({ to }) => to === "0.0.0.0/0")?.via ?? routes.find(({ to }) => to === "::/0")?.via ?? "";

/** `keeper`: the pid of the keeper that runs. */
export const inspected = ({ record }: Attachment, keeper: number | null): Inspected => {
  const [address = "", prefix = ""] = record.addresses[0]?.split("/") ?? [];
  return {
    Container: shortId(record.id),
    NetworkSettings: {
      HWAddr: record.mac,
      Bridge: record.bridge,
      IPAddress: address,
      IPPrefixLen: prefix,
      Gateway: gatewayOf(record.routes),
      DNS: record.dns.join(", "),
      DHCP_PID: record.wanted.dhcp && keeper !== null ? String(keeper) : null,
    },
  };
};
