/**
 * The ways to give a container an address that are compared, each as one program that is started for one container: a
 * process in an empty network namespace, whose pid is `$pid`.
 */
import { writeFileSync } from "node:fs";

export type Candidate = {
  readonly name: string;
  /** Words of the command, its standard input and environment. */
  readonly start: (target: Target) => Command;
  readonly stop: (target: Target) => Command;
};

export type Target = { readonly pid: number; readonly serial: number };
export type Command = {
  readonly words: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
};

export type Places = {
  /** A directory on the disk for scripts and state. */
  readonly directory: string;
  /** A directory on a tmpfs, as /run is. */
  readonly runDir: string;
  readonly executable: string;
};

const system = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

const berthWith = (
  name: string,
  hostname: (target: Target) => string,
  { directory, runDir, executable }: Places,
  trace = false,
): Candidate => {
  const spec = {
    ociVersion: "1.0.2",
    root: { path: "rootfs" },
    linux: { namespaces: [{ type: "network" }] },
    process: { args: ["true"], env: ["PATH=/bin"] },
  };
  const command =
    (verb: string) =>
    (target: Target): Command => {
      const bundle = `${directory}/bundle`;
      if (verb === "createRuntime")
        writeFileSync(`${bundle}/config.json`, JSON.stringify({ ...spec, hostname: hostname(target) }));
      const state = { ociVersion: "1.0.2", id: `bench${target.serial}`, status: "creating", pid: target.pid, bundle };
      const places = ["--run-dir", runDir, "--state-dir", `${directory}/state`];
      return {
        words: [executable, verb, ...places],
        input: JSON.stringify(state),
        env: { ...system, ...(trace ? { BERTH_TRACE: "1" } : {}) },
      };
    };
  return { name, start: command("createRuntime"), stop: command("poststop") };
};

export const berthFresh = (places: Places): Candidate => berthWith("berth", () => "runc", places);
export const berthReturning = (places: Places): Candidate => berthWith("berth, returning", () => "web1", places);
export const berthTraced = (places: Places): Candidate => berthWith("berth, traced", () => "runc", places, true);

const script = (places: Places, name: string, text: string): string => {
  const path = `${places.directory}/${name}`;
  writeFileSync(path, `#!/bin/sh\nset -e\n${text}`, { mode: 0o755 });
  return path;
};

/** The same work with iproute2, as a script does it, in three processes, with no DHCP and no thinking. */
export const floor = (places: Places): Candidate => {
  const start = script(
    places,
    "floor-start",
    `pid=$1 port=$2 address=$3
ip -batch - <<TEXT
link add $port address fe:ff:00:00:00:01 mtu 1500 master br0 type veth peer name eth0 address 02:00:00:00:00:01 mtu 1500 netns $pid
link set $port alias bench:$port up
TEXT
nsenter -t $pid -n ip -batch - <<TEXT
link set lo up
link set eth0 up
route replace 255.255.255.255/32 dev eth0 scope link
TEXT
nsenter -t $pid -n ip -batch - <<TEXT
address replace $address/24 broadcast + dev eth0 valid_lft 3600 preferred_lft 3600
route del 255.255.255.255/32 dev eth0
route replace 0.0.0.0/0 via 10.88.0.1 dev eth0
link set eth0 address 02:00:00:00:00:01
TEXT
`,
  );
  const stop = script(places, "floor-stop", "ip link del $1\n");
  const port = ({ serial }: Target) => `bench${serial}`;
  return {
    name: "floor",
    start: (target) => ({ words: [start, String(target.pid), port(target), "10.88.0.250"], env: system }),
    stop: (target) => ({ words: [stop, port(target)], env: system }),
  };
};

/** What a user of pipework does, spelled out: a pair, moved and renamed, and udhcpc once. */
export const udhcpcByHand = (places: Places): Candidate => {
  const apply = script(
    places,
    "udhcpc-apply",
    `case $1 in
  deconfig) ip addr flush dev $interface ;;
  bound) ip addr add $ip/$mask dev $interface; ip route add default via $router ;;
esac
`,
  );
  const start = script(
    places,
    "udhcpc-start",
    `pid=$1 port=$2
ip link add name $port mtu 1500 type veth peer name g$port mtu 1500
ip link set $port master br0
ip link set $port up
ip link set g$port netns $pid
nsenter -t $pid -n ip link set g$port name eth0
nsenter -t $pid -n ip link set eth0 up
exec nsenter -t $pid -n udhcpc -q -n -f -i eth0 -s ${apply} >/dev/null 2>&1
`,
  );
  const stop = script(places, "udhcpc-stop", "ip link del $1\n");
  const port = ({ serial }: Target) => `hand${serial}`;
  return {
    name: "udhcpc by hand",
    start: (target) => ({ words: [start, String(target.pid), port(target)], env: system }),
    stop: (target) => ({ words: [stop, port(target)], env: system }),
  };
};

/** CNI's plugins bridge and dhcp as Debian packages them; the dhcp daemon runs already. */
export const cni = (socket: string): Candidate => {
  const config = JSON.stringify({
    cniVersion: "0.4.0",
    name: "bench",
    type: "bridge",
    bridge: "br0",
    ipam: { type: "dhcp", daemonSocketPath: socket },
  });
  const command =
    (verb: "ADD" | "DEL") =>
    ({ pid, serial }: Target): Command => ({
      words: ["/usr/lib/cni/bridge"],
      input: config,
      env: {
        ...system,
        CNI_COMMAND: verb,
        CNI_CONTAINERID: `bench${serial}`,
        CNI_NETNS: `/proc/${pid}/ns/net`,
        CNI_IFNAME: "eth0",
        CNI_PATH: "/usr/lib/cni",
      },
    });
  return { name: "CNI bridge+dhcp", start: command("ADD"), stop: command("DEL") };
};
