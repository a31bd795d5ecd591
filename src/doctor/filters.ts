/** What the host's IP layer does to frames that only pass through a bridge, and to packets that come back another way. */
import { type Machine, textOf } from "./context.ts";
import { type Finding, fail, fine, warn } from "./finding.ts";

const number = (machine: Machine, path: string): number | null => {
  const text = textOf(machine, path);
  return text === null || !/^-?\d+$/.test(text) ? null : Number(text);
};

const nfSwitch = "/proc/sys/net/bridge/bridge-nf-call-iptables";

/** For a bridge that asks for it by itself as well. */
const isFiltered = (machine: Machine, bridge: string): boolean =>
  number(machine, nfSwitch) === 1 || number(machine, `/sys/class/net/${bridge}/bridge/nf_call_iptables`) === 1;

/** "-P FORWARD DROP", and no rule that accepts what is bridged before the end of the chain. */
const iptablesDrops = ({ run, has }: Machine, bridge: string): boolean => {
  if (!has("iptables")) return false;
  const { stdout } = run("iptables", ["-S", "FORWARD"]);
  const rows = stdout.split("\n");
  const accepts = rows.some(
    (row) =>
      row.startsWith("-A FORWARD") &&
      row.endsWith("-j ACCEPT") &&
      !/ ! |--ctstate|--state| -[sdp] /.test(row) &&
      (row.includes("--physdev-is-bridged") || row.includes(` -i ${bridge} `) || row === "-A FORWARD -j ACCEPT"),
  );
  return rows.includes("-P FORWARD DROP") && !accepts;
};

export const checkBridgeFilter = (machine: Machine, bridge: string): readonly Finding[] => {
  const check = "filter";
  if (!isFiltered(machine, bridge)) return [fine(check, `iptables does not see what ${bridge} forwards`)];
  if (!iptablesDrops(machine, bridge))
    return [fine(check, `iptables sees what ${bridge} forwards, and lets it through`)];
  return [
    fail(
      check,
      `bridge-nf-call-iptables is on and FORWARD's policy is DROP (as Docker sets it): what ${bridge} forwards is dropped`,
      "containers get no answer from the network, or from some of it",
      `iptables -I FORWARD -i ${bridge} -o ${bridge} -j ACCEPT, or 'sysctl -w net.bridge.bridge-nf-call-iptables=0' if Docker's own networks do not need it`,
    ),
  ];
};

/** A table that is full drops new connections; with bridge-nf, those of containers too. */
export const checkConntrack = (machine: Machine): readonly Finding[] => {
  const count = number(machine, "/proc/sys/net/netfilter/nf_conntrack_count");
  const most = number(machine, "/proc/sys/net/netfilter/nf_conntrack_max");
  if (count === null || most === null || most === 0) return [];
  const share = Math.round((100 * count) / most);
  const what = `conntrack's table holds ${count} of ${most} connections (${share} %)`;
  if (share < 90) return [fine("conntrack", what)];
  const means = "when it is full, new connections are dropped, at a bridge too where iptables sees it";
  return [warn("conntrack", what, means, `sysctl -w net.netfilter.nf_conntrack_max=${most * 2}`)];
};

/** A new network namespace begins with the host's settings (net.core.devconf_inherit_init_net). */
export const checkReversePath = (machine: Machine): readonly Finding[] => {
  const strict = ["all", "default"].filter(
    (name) => number(machine, `/proc/sys/net/ipv4/conf/${name}/rp_filter`) === 1,
  );
  if (strict.length === 0) return [fine("rp_filter", "reverse-path filtering is off or loose")];
  const settings = strict.map((name) => `net.ipv4.conf.${name}.rp_filter`);
  return [
    warn(
      "rp_filter",
      `${settings.join(" and ")} is 1 (strict), which containers begin with`,
      "a container with two interfaces drops what comes in by the one and would be answered by the other",
      `sysctl -w ${settings.map((name) => `${name}=2`).join(" ")}`,
    ),
  ];
};
