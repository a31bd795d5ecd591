/**
 * The Linux bridge. Facts come from sysfs (no process), changes go through iproute2.
 * Kernel: Documentation/ABI/testing/sysfs-class-net, include/uapi/linux/if_bridge.h.
 */
import { existsSync, readFileSync } from "node:fs";
import { err, ok } from "neverthrow";
import { runUntil } from "../host/run.ts";
import { type Ifname, type Mac, macFromBytes } from "../net/address.ts";
import { pathForChildren } from "../netns/enter.ts";
import { hasInterface } from "../netns/interfaces.ts";
import { type Alias, type IpError, ipBatch, ipBatchForce, line } from "../netns/ip.ts";
import { addPair, changeHere } from "../netns/rtnetlink.ts";
import type { BridgeDriver, BridgeError } from "./driver.ts";

const readText = (path: string): string => {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return "";
  }
};

const IFF_UP = 1;
const EEXIST = 17;
const BR_STATE_FORWARDING = 3;

const attribute = (ifname: Ifname, name: string): string => readText(`/sys/class/net/${ifname}/${name}`);

/**
 * The forwarding table as the kernel gives it to brctl: 16 bytes an entry, of which the first six are the MAC and the
 * eighth says whether it is the bridge's own (struct __fdb_entry).
 */
const forwardingTable = (bridge: Ifname): Uint8Array => {
  try {
    return readFileSync(`/sys/class/net/${bridge}/brforward`);
  } catch {
    return new Uint8Array(0);
  }
};

const hasAlias = (port: Ifname, alias: Alias): boolean => attribute(port, "ifalias") === alias;

export const linuxBridge: BridgeDriver = {
  inspect: (bridge) => {
    if (!hasInterface(bridge)) return err({ kind: "bridge-missing", bridge });
    const at = `/sys/class/net/${bridge}`;
    if (!existsSync(at)) return err({ kind: "foreign-sysfs", bridge });
    if (!existsSync(`${at}/bridge`)) return err({ kind: "not-a-bridge", bridge });
    if ((Number(attribute(bridge, "flags")) & IFF_UP) === 0) return err({ kind: "bridge-down", bridge });
    return ok({
      mtu: Number(attribute(bridge, "mtu")) || 1500,
      delaysPorts: attribute(bridge, "bridge/stp_state") !== "0" && attribute(bridge, "bridge/forward_delay") !== "0",
    });
  },

  plug: ({ bridge, port, alias, portMac, mtu, netns, ifname, mac }) => {
    if (hasInterface(port)) {
      // A port of this very attachment that a killed predecessor left; anything else is somebody's.
      if (!hasAlias(port, alias)) return err({ kind: "port-exists", port });
      ipBatchForce([line`link del ${port}`]);
    }
    const failed = ({ line: what, why }: IpError): BridgeError => ({
      kind: "plug-failed",
      port,
      bridge,
      line: what,
      why,
    });
    const made = addPair({ port, portMac, peer: ifname, peerMac: mac, master: bridge, netns, mtu });
    if (made.isErr()) return err(made.error.errno === EEXIST ? { kind: "port-exists", port } : failed(made.error));
    const marked = changeHere([
      { kind: "alias", ifname: port, alias },
      { kind: "up", ifname: port },
    ]);
    if (marked.isOk()) return ok(undefined);
    ipBatchForce([line`link del ${port}`]);
    return err(failed(marked.error));
  },

  tap: ({ bridge, netns, ifname, mac }) =>
    ipBatch([
      line`link add link ${bridge} name ${ifname} address ${mac} netns ${pathForChildren(netns)} type macvlan mode bridge`,
    ]).mapErr(({ line: failed, why }) => ({ kind: "plug-failed", port: ifname, bridge, line: failed, why })),

  // Until the kernel has seen to its carrier, which the operational state tells, a new port may lose what it is to send, and says
  // "forwarding" all the same.
  forwards: (port) =>
    Number(attribute(port, "brport/state")) === BR_STATE_FORWARDING && attribute(port, "operstate") === "up",

  // The kernel lets go of the port at once, and of ip(8) only when nobody can be reading the port's memory any more (an RCU
  // barrier in netdev_run_todo(), often 20 ms): that is no affair of the container's.
  unplug: async (port, alias) => {
    if (linuxBridge.owns(port, alias))
      await runUntil("ip", ["link", "del", port], () => !existsSync(`/sys/class/net/${port}`));
  },

  owns: (port, alias) => hasInterface(port) && hasAlias(port, alias),

  replug: (bridge, port) =>
    ipBatch([line`link set ${port} master ${bridge} up`]).mapErr(({ line: failed, why }) => ({
      kind: "plug-failed",
      port,
      bridge,
      line: failed,
      why,
    })),

  knowsMac: (bridge: Ifname, mac: Mac) => {
    const table = forwardingTable(bridge);
    for (let at = 0; at + 16 <= table.byteLength; at += 16)
      if (macFromBytes(table.subarray(at, at + 6)) === mac) return true;
    return false;
  },
};
