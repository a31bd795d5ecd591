/** A record with a lease in it, as it was acknowledged just now. */
import { isDefault, type Lease, type Route } from "../dhcp/lease.ts";
import { bootMs } from "../host/bootTime.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import type { Cidr } from "../net/address.ts";

const searchOf = (lease: Lease, fallback: AttachmentRecord["search"]): AttachmentRecord["search"] => {
  if (lease.search.length > 0) return [...lease.search];
  return lease.domain === null ? [...fallback] : [lease.domain];
};

/** A default route of somebody else's in the container is left alone, and so there is none of ours beside it. */
export const routesWanted = (
  lease: Lease,
  wanted: Pick<AttachmentRecord["wanted"], "defaultRoute">,
): readonly Route[] => (wanted.defaultRoute ? lease.routes : lease.routes.filter((route) => !isDefault(route)));

/** `ackedAtBootMs`: when the ACK came, in milliseconds since boot; by default now. */
export const leasedRecord = (record: AttachmentRecord, lease: Lease, ackedAtBootMs = bootMs()): AttachmentRecord => ({
  ...record,
  addresses: [`${lease.address}/${lease.prefix}` as Cidr],
  routes: [...routesWanted(lease, record.wanted)],
  dns: lease.dns.length > 0 ? [...lease.dns] : [...record.wanted.dns],
  search: searchOf(lease, record.wanted.search),
  lease: { ...lease, routes: [...lease.routes], dns: [...lease.dns], search: [...lease.search] },
  boundAtBootMs: ackedAtBootMs,
  boundAtMs: Date.now(),
});
