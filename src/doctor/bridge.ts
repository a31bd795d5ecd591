/** A network's bridge: there, up, quick to forward, and with a way out that has a carrier. */
import { bridgeErrorText } from "../attach/errors.ts";
import { driverOf } from "../bridge/drivers.ts";
import { graphOf } from "../graph/model.ts";
import { type Context, isThere, linkName, type Machine, type NamedNetwork, textOf } from "./context.ts";
import { type Finding, fail, fine, warn } from "./finding.ts";

const check = "bridge";

/** Spanning tree: a new port listens and learns for a forward delay each before it forwards (IEEE 802.1D §17). */
const spanningTree = (bridge: string, hundredths: number, { network }: NamedNetwork): Finding => {
  const seconds = (2 * hundredths) / 100;
  const what = `${bridge} has spanning tree on: a new port forwards after ${seconds} s`;
  const mend = `ip link set ${bridge} type bridge forward_delay 200, or 'stp_state 0' if nothing else bridges these networks`;
  return seconds >= network.dhcp.timeout
    ? fail(check, what, `every start of a container fails: dhcp.timeout is ${network.dhcp.timeout} s`, mend)
    : warn(check, what, "every start of a container takes that much longer", mend);
};

/** Drivers of virtual machines' network cards, and what makes their hypervisor let other MACs through. */
const virtualCards: Readonly<Record<string, readonly [string, string]>> = {
  virtio_net: ["KVM", "on the host: no anti-spoofing filter for this VM ('virsh dumpxml VM | grep filterref')"],
  vmxnet3: ["VMware", "in the port group: promiscuous mode or MAC learning, and forged transmits, on Accept"],
  e1000: [
    "VMware or VirtualBox",
    "VMware: forged transmits and promiscuous mode on Accept; VirtualBox: promiscuous mode 'allow all'",
  ],
  hv_netvsc: ["Hyper-V", "on the host: Set-VMNetworkAdapter -VMName VM -MacAddressSpoofing On"],
  xen_netfront: ["Xen", "on the host: no anti-spoofing rules for this VM's interface"],
  ena: ["AWS", "none: AWS drops every MAC but the interface's own; give containers secondary addresses instead"],
  gve: ["Google Cloud", "none: the network drops every MAC but the interface's own"],
};
/** xen-netfront's driver is called vif on its bus. */
const driverNames: Readonly<Record<string, string>> = { vif: "xen_netfront", "xen-netfront": "xen_netfront" };

const checkCard = (machine: Machine, uplink: string): readonly Finding[] => {
  const at = `/sys/class/net/${uplink}`;
  if (isThere(machine, `${at}/wireless`) || isThere(machine, `${at}/phy80211`))
    return [
      fail(
        "uplink",
        `the uplink ${uplink} is Wi-Fi`,
        "an access point takes frames from a station's own MAC only, so no container behind it gets an answer",
        "use a wired uplink",
      ),
    ];
  const driver = linkName(machine, `${at}/device/driver`) ?? "";
  const card = virtualCards[driverNames[driver] ?? driver];
  if (card === undefined) return [];
  const [hypervisor, mend] = card;
  const what = `the uplink ${uplink} is the network card of a virtual machine (${hypervisor})`;
  return [
    warn(
      "uplink",
      what,
      "the hypervisor may drop frames from other MACs than the card's own; the check 'dhcp' shows whether it does",
      mend,
    ),
  ];
};

export const checkUplink = (machine: Machine, uplink: string): readonly Finding[] => {
  const carrier = textOf(machine, `/sys/class/net/${uplink}/carrier`);
  const seen: readonly Finding[] =
    carrier === "1"
      ? [fine("uplink", `${uplink} has a carrier`)]
      : carrier === null
        ? [
            fail(
              "uplink",
              `the uplink ${uplink} is down`,
              "the bridge does not reach the network",
              `ip link set ${uplink} up`,
            ),
          ]
        : [
            fail(
              "uplink",
              `the uplink ${uplink} has no carrier`,
              "the bridge does not reach the network",
              "look at the cable and at the switch's port",
            ),
          ];
  return [...seen, ...checkCard(machine, uplink)];
};

const uplinksOf = (bridge: string, { links }: Context): readonly string[] =>
  graphOf({ links, entries: [], networks: [{ name: bridge, bridge }] }).flatMap(({ uplinks }) =>
    uplinks.map(({ ifname }) => ifname),
  );

export const checkBridge = (context: Context, named: NamedNetwork): readonly Finding[] => {
  const { bridge, driver } = named.network;
  const { machine } = context;
  const facts = driverOf(driver).inspect(bridge);
  if (facts.isErr()) {
    const [what = "", ...mend] = bridgeErrorText(facts.error).split(": ");
    return [fail(check, `network ${named.name}: ${what}`, "no container can be put on it", mend.join(": "))];
  }
  const delay = Number(textOf(machine, `/sys/class/net/${bridge}/bridge/forward_delay`) ?? 0);
  const uplinks = uplinksOf(bridge, context);
  return [
    fine(check, `${bridge} is there and up`),
    ...(facts.value.delaysPorts ? [spanningTree(bridge, delay, named)] : []),
    ...(uplinks.length === 0
      ? [
          warn(
            "uplink",
            `${bridge} has no uplink`,
            "containers reach this host and each other only",
            `ip link set CARD master ${bridge} (README, 'The bridge': the card's own address moves to ${bridge})`,
          ),
        ]
      : uplinks.flatMap((uplink) => checkUplink(machine, uplink))),
  ];
};
