/** A living container's attachment put back as its record says: port, address, routes, and a change that was interrupted. */
import { err, ok, type Result } from "neverthrow";
import { bridgeErrorText, ipErrorText } from "../attach/errors.ts";
import { type LinkSetup, raiseLink } from "../attach/link.ts";
import { portAlias, portMac } from "../attach/names.ts";
import { reconfigure } from "../attach/relink.ts";
import { undoStack } from "../attach/undo.ts";
import { writeNameService } from "../attach/writeNameService.ts";
import { driverOf } from "../bridge/drivers.ts";
import { bootMs } from "../host/bootTime.ts";
import { configuredBy } from "../keeper/apply.ts";
import { withContainerNetns } from "../keeper/container.ts";
import type { Directories } from "../lease/paths.ts";
import type { AttachmentRecord } from "../lease/record.ts";
import { writeRecord } from "../lease/store.ts";
import { inNetns, type Netns } from "../netns/enter.ts";
import { interfaceNames } from "../netns/interfaces.ts";

/** What is left of the lease, so that a repair never prolongs an address beyond it. */
const secondsLeft = ({ lease, boundAtBootMs }: AttachmentRecord): number | null => {
  if (lease === null || boundAtBootMs === null || lease.leaseSeconds === 0xffffffff) return lease?.leaseSeconds ?? null;
  return Math.max(1, Math.floor(lease.leaseSeconds - (bootMs() - boundAtBootMs) / 1000));
};

const setupOf = (record: AttachmentRecord): LinkSetup => {
  const { ifname, mac, addresses, routes, lease, wanted } = record;
  const mtu = lease !== null && lease.mtu !== null && lease.mtu < wanted.mtu ? lease.mtu : null;
  return { ifname, mac, addresses, routes, mtu, leaseSeconds: secondsLeft(record), dhcp: wanted.dhcp };
};

/** The pair is there and on the bridge, or is made anew: an interface without its port carries nothing. */
const mendPort = (dirs: Directories, record: AttachmentRecord, netns: Netns, home: Netns): Result<void, string> => {
  const driver = driverOf(record.driver);
  const { id, ifname, port, bridge, mac, wanted } = record;
  const alias = portAlias(dirs, id, ifname);
  const facts = driver.inspect(bridge);
  if (facts.isErr()) return err(bridgeErrorText(facts.error));
  const inside = inNetns(netns, home, () => ok(interfaceNames().includes(ifname)));
  if (inside.isErr()) return err(inside.error.why);
  if (inside.value && driver.owns(port, alias)) return driver.replug(bridge, port).mapErr(bridgeErrorText);
  return driver
    .plug({ bridge, port, alias, portMac: portMac(id, ifname), mtu: wanted.mtu, netns, ifname, mac })
    .mapErr(bridgeErrorText)
    .andThen(() => inNetns(netns, home, () => raiseLink(ifname, false)).mapErr(({ why }) => why));
};

/** Under the container's lock. An error is a sentence. */
export const repair = (dirs: Directories, home: Netns, record: AttachmentRecord): Result<void, string> =>
  withContainerNetns(record, (netns) =>
    mendPort(dirs, record, netns, home).andThen(() =>
      reconfigure(netns, home, configuredBy(record), setupOf(record)).mapErr((error) =>
        error.kind === "ip" ? ipErrorText(error) : error.why,
      ),
    ),
  )
    .mapErr((error) => (typeof error === "string" ? error : error.why))
    .andThen(() => {
      if (record.replacing === null) return ok(undefined);
      if (record.root !== null)
        writeNameService({ ...record.root, id: record.id, runDir: dirs.runDir }, record, undoStack());
      return writeRecord(dirs, { ...record, replacing: null }).mapErr(({ message }) => message);
    });
