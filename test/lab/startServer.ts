/** Starts one of the DHCP servers on a host of the lab. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dnsmasqArguments, dnsmasqLeases } from "./dnsmasq.ts";
import type { Daemon, Host } from "./host.ts";
import { iscConfiguration, iscLeases } from "./isc.ts";
import { keaConfiguration, keaLeases } from "./kea.ts";
import type { Server, ServerOptions } from "./server.ts";
import { until } from "./until.ts";

const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

/**
 * A copy of the program in the lab's own directory: Debian's AppArmor profiles, where they are in force, let the
 * installed one read and write in the system's places only.
 */
const copyOf = (program: string, directory: string): string => {
  const path = `${directory}/${program}`;
  copyFileSync(`/usr/sbin/${program}`, path);
  return path;
};

const launch = (host: Host, options: ServerOptions, directory: string): Daemon => {
  switch (options.kind) {
    case "dnsmasq":
      return host.daemon("dnsmasq", dnsmasqArguments(options, directory));
    case "isc": {
      writeFileSync(`${directory}/conf`, iscConfiguration(options));
      if (!existsSync(`${directory}/leases`)) writeFileSync(`${directory}/leases`, "");
      const files = ["-cf", `${directory}/conf`, "-lf", `${directory}/leases`, "--no-pid"];
      return host.daemon(copyOf("dhcpd", directory), ["-4", "-f", "-d", ...files, options.interface]);
    }
    case "kea":
      writeFileSync(`${directory}/conf`, keaConfiguration(options, directory));
      return host.daemon(copyOf("kea-dhcp4", directory), ["-c", `${directory}/conf`], {
        env: { KEA_PIDFILE_DIR: directory, KEA_LOCKFILE_DIR: directory },
      });
  }
};

const readyMark = { dnsmasq: /DHCP, IP range/, isc: /Server starting service/, kea: /DHCP4_STARTED/ } as const;

export const startServer = async (host: Host, given: ServerOptions, directory: string): Promise<Server> => {
  mkdirSync(directory, { recursive: true });
  let options = given;
  let daemon: Daemon | undefined;
  let before = "";
  const log = () => `${before}${read(`${directory}/log`)}${daemon?.output() ?? ""}`;
  const stop = async () => {
    await daemon?.stop();
    before = log();
    daemon = undefined;
    if (existsSync(`${directory}/log`)) writeFileSync(`${directory}/log`, "");
  };
  const start = async (changes: Partial<ServerOptions> = {}) => {
    options = { ...options, ...changes };
    await stop();
    const started = launch(host, options, directory);
    daemon = started;
    await until(`${options.kind} is ready`, () => {
      const text = `${read(`${directory}/log`)}${started.output()}`;
      if (started.exited()) throw new Error(`${options.kind} ended: ${text}`);
      return readyMark[options.kind].test(text);
    });
  };
  await start();
  const parse = { dnsmasq: dnsmasqLeases, isc: iscLeases, kea: keaLeases }[options.kind];
  return { kind: options.kind, leases: () => parse(read(`${directory}/leases`)), log, stop, start };
};
