/**
 * A production network in network namespaces:
 *
 *     worker: br0 ── uplink ─┐
 *     (worker2: br0 ── uplink ─┤)
 *                            lan0 (lan: the DHCP server's host, .1) ── peer (.2)
 *
 * Containers are run on a worker, which for them is the host.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Daemon, type Host, makeHost } from "./host.ts";
import type { Server, ServerKind, ServerOptions } from "./server.ts";
import { startServer } from "./startServer.ts";
import { until } from "./until.ts";

export type LabOptions = Partial<Omit<ServerOptions, "kind" | "interface" | "behindRelay">> & {
  readonly server?: ServerKind | "none";
  readonly workers?: number;
  /** Spanning tree on the workers' bridges, with this forward delay in hundredths of a second (least: 200). */
  readonly stpForwardDelay?: number;
  readonly bridgeMtu?: number;
  /** The server is not on the LAN but behind a relay (dhcrelay) on its router. */
  readonly relay?: boolean;
  /** Ctrl-C at a terminal is for us alone, not for the programs that run here. */
  readonly shielded?: boolean;
};

export type Capture = {
  /** The packets so far, a line or more each, as tcpdump prints them. */
  readonly text: () => string;
  readonly stop: () => Promise<string>;
};

export type Lab = {
  readonly directory: string;
  readonly network: string;
  readonly worker: Host;
  readonly workers: readonly Host[];
  readonly lan: Host;
  readonly peer: Host;
  /** Throws in a lab without one. */
  readonly server: Server;
  /** tcpdump on the LAN's bridge. */
  readonly capture: (...filter: readonly string[]) => Promise<Capture>;
  /** Something to be ended before the namespaces are. */
  readonly onDestroy: (close: () => Promise<unknown>) => void;
  readonly destroy: () => Promise<void>;
};

const wire = async (from: Host, name: string, bridge: string | null, to: Host, peerName: string): Promise<void> => {
  await from.must("ip", "link", "add", name, "type", "veth", "peer", "name", peerName, "netns", String(to.pid));
  if (bridge !== null) await from.must("ip", "link", "set", name, "master", bridge);
  await from.must("ip", "link", "set", name, "up");
  await to.must("ip", "link", "set", peerName, "up");
};

const makeWorker = async (name: string, directory: string, options: LabOptions): Promise<Host> => {
  const worker = await makeHost(name, directory, options.shielded);
  const stp =
    options.stpForwardDelay === undefined ? [] : ["stp_state", "1", "forward_delay", String(options.stpForwardDelay)];
  await worker.must("ip", "link", "add", "br0", "type", "bridge", ...stp);
  if (options.bridgeMtu !== undefined) await worker.must("ip", "link", "set", "br0", "mtu", String(options.bridgeMtu));
  await worker.must("ip", "link", "set", "br0", "up");
  return worker;
};

const serverOptions = (options: LabOptions, network: string, relayed: boolean): Omit<ServerOptions, "kind"> => ({
  network,
  first: options.first ?? 10,
  last: options.last ?? 200,
  leaseSeconds: options.leaseSeconds ?? 3600,
  interface: relayed ? "eth0" : "lan0",
  router: options.router === undefined ? `${network}.1` : options.router,
  dns: options.dns ?? [`${network}.1`],
  domain: options.domain ?? null,
  search: options.search ?? [],
  mtu: options.mtu ?? null,
  classless: options.classless ?? [],
  authoritative: options.authoritative ?? true,
  pingCheck: options.pingCheck ?? false,
  behindRelay: relayed ? "10.99.0" : null,
  wide: options.wide ?? false,
  extra: options.extra ?? [],
});

/** A test that forgets to stop it would never end: `onDestroy` does it then. */
const captureOn =
  (host: Host, onDestroy: Lab["onDestroy"]) =>
  async (...filter: readonly string[]): Promise<Capture> => {
    const daemon: Daemon = host.daemon("tcpdump", [
      "-i",
      "lan0",
      "-l",
      "-n",
      "-e",
      "-v",
      "--immediate-mode",
      "-U",
      ...filter,
    ]);
    onDestroy(() => daemon.stop("SIGINT"));
    await until("tcpdump captures", () => daemon.output().includes("listening on"));
    return {
      text: daemon.output,
      stop: async () => {
        await daemon.stop("SIGINT");
        return daemon.output();
      },
    };
  };

export const makeLab = async (options: LabOptions = {}): Promise<Lab> => {
  const directory = mkdtempSync(`${tmpdir()}/berth-lab-`);
  const network = options.network ?? "10.88.0";
  const hosts: Host[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  const destroy = async () => {
    // What is under way (a runtime that makes a container, say) ends first, so that the closers see all there is.
    await Promise.all(hosts.map((host) => host.settle()));
    for (const close of closers.reverse()) await close();
    await Promise.all(hosts.map((host) => host.destroy()));
    rmSync(directory, { recursive: true, force: true });
  };
  const add = async (making: Promise<Host>): Promise<Host> => {
    const host = await making;
    hosts.push(host);
    return host;
  };
  try {
    const lan = await add(makeHost("lan", directory, options.shielded));
    await lan.must("ip", "link", "add", "lan0", "type", "bridge");
    await lan.must("ip", "address", "add", `${network}.1/${options.wide === true ? 16 : 24}`, "dev", "lan0");
    await lan.must("ip", "link", "set", "lan0", "up");
    const workers: Host[] = [];
    for (let index = 1; index <= (options.workers ?? 1); index += 1) {
      const worker = await add(makeWorker(`worker${index}`, directory, options));
      await wire(lan, `worker${index}`, "lan0", worker, "uplink");
      // As on a real network card: a random MAC may be the highest of all, which no card's is.
      await worker.must("ip", "link", "set", "uplink", "address", `02:00:5e:00:00:0${index}`, "master", "br0");
      workers.push(worker);
    }
    const peer = await add(makeHost("peer", directory, options.shielded));
    await wire(lan, "peer", "lan0", peer, "eth0");
    await peer.must("ip", "address", "add", `${network}.2/24`, "dev", "eth0");
    await peer.must("ip", "route", "add", "default", "via", `${network}.1`);
    const serving = serverOptions(options, network, options.relay === true);
    let server: Server | undefined;
    const kind = options.server ?? "dnsmasq";
    if (kind !== "none") {
      const host = options.relay === true ? await add(makeHost("server", directory, options.shielded)) : lan;
      if (options.relay === true) {
        await wire(lan, "server", null, host, "eth0");
        await lan.must("ip", "address", "add", "10.99.0.2/24", "dev", "server");
        await host.must("ip", "address", "add", "10.99.0.1/24", "dev", "eth0");
        await host.must("ip", "route", "add", "default", "via", "10.99.0.2");
        await lan.must("sysctl", "-qw", "net.ipv4.ip_forward=1");
      }
      server = await startServer(host, { ...serving, kind }, `${directory}/${kind}`);
      closers.push(server.stop);
    }
    if (options.relay === true) {
      const relay = lan.daemon("dhcrelay", ["-4", "-d", "--no-pid", "-id", "lan0", "-iu", "server", "10.99.0.1"]);
      await until("the relay is ready", () => /Sending on\s+Socket\/fallback/.test(relay.output()));
      closers.push(relay.stop);
    }
    const [worker] = workers;
    if (worker === undefined) throw new Error("a lab needs a worker");
    await until(
      "the worker's uplink forwards",
      async () => {
        const state = await worker.exec("cat", "/sys/class/net/uplink/brport/state");
        return state.stdout === "3";
      },
      60_000,
    );
    const onDestroy: Lab["onDestroy"] = (close) => {
      closers.push(close);
    };
    return {
      directory,
      network,
      worker,
      workers,
      lan,
      peer,
      get server() {
        if (server === undefined) throw new Error("this lab has no DHCP server");
        return server;
      },
      capture: captureOn(lan, onDestroy),
      onDestroy,
      destroy,
    };
  } catch (thrown) {
    await destroy();
    throw thrown;
  }
};

/** A short random name for a container. */
export const randomId = (): string => `c${randomBytes(4).toString("hex")}`;
