/**
 * The keeper's door: HTTP on a Unix socket that only root can open (`<run-dir>/keeper.sock`), for commands and metrics;
 * and, where it is configured, metrics alone on TCP.
 *
 *   GET  /metrics                 Prometheus text
 *   GET  /status                  {pid, version, startedAt}
 *   POST /renew?container=&ifname=   renews now; a list of {ifname, done, message}
 *   POST /look                    look at the records now
 */
import { chmodSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import { thrownText } from "../host/errno.ts";
import { remove } from "../host/files.ts";
import type { Directories } from "../lease/paths.ts";
import { parseContainerId, parseIfname } from "../net/address.ts";
import type { Keeper } from "./keeper.ts";

declare const BERTH_VERSION: string;

export const keeperSocketPath = (dirs: Directories): string => `${dirs.runDir}/keeper.sock`;

/** sockaddr_un holds 108 bytes (unix(7)). */
const longestPath = 107;

export type Door = { readonly close: () => void };

const metricsOf = (keeper: Keeper): Response =>
  new Response(keeper.context.metrics.text(keeper.gauges()), {
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
  });

const refuse = (status: number, text: string): Response => new Response(`${text}\n`, { status });

const renew = async (keeper: Keeper, wishes: URLSearchParams): Promise<Response> => {
  const id = parseContainerId(wishes.get("container") ?? "");
  const wished = wishes.get("ifname");
  const ifname = wished === null ? null : parseIfname(wished);
  if (id === undefined || ifname === undefined) return refuse(400, "container and ifname: not names");
  return Response.json(await keeper.renew(id, ifname));
};

/** Opens the Unix socket. An error is a sentence; the keeper can keep without a door. */
export const openDoor = (keeper: Keeper, dirs: Directories): Result<Door, string> => {
  const path = keeperSocketPath(dirs);
  if (path.length > longestPath) return err(`${path} is too long for a socket: commands cannot reach this keeper`);
  remove(path);
  const before = process.umask(0o077);
  try {
    const server = Bun.serve({
      unix: path,
      fetch: (request, connection) => {
        // A renewal may take as long as a server that does not answer.
        connection.timeout(request, 0);
        const { pathname, searchParams } = new URL(request.url);
        const call = `${request.method} ${pathname}`;
        if (call === "GET /metrics") return metricsOf(keeper);
        if (call === "GET /status")
          return Response.json({ pid: process.pid, version: BERTH_VERSION, startedAt: keeper.gauges().startedAt });
        if (call === "POST /renew") return renew(keeper, searchParams);
        if (call !== "POST /look") return refuse(404, "not found");
        keeper.look();
        return new Response(null, { status: 204 });
      },
    });
    chmodSync(path, 0o600);
    return ok({
      close: () => {
        server.stop(true);
        remove(path);
      },
    });
  } catch (thrown) {
    return err(`could not listen on ${path}: ${thrownText(thrown)}`);
  } finally {
    process.umask(before);
  }
};

/** `listen` is ADDRESS:PORT. Metrics and nothing else. */
export const openMetricsPort = (
  keeper: Keeper,
  { hostname, port }: { hostname: string; port: number },
): Result<Door, string> => {
  try {
    const server = Bun.serve({
      hostname,
      port,
      fetch: (request) => {
        const get = request.method === "GET" && new URL(request.url).pathname === "/metrics";
        return get ? metricsOf(keeper) : refuse(404, "not found: there is GET /metrics");
      },
    });
    return ok({ close: () => server.stop(true) });
  } catch (thrown) {
    return err(`could not serve metrics on ${hostname}:${port}: ${thrownText(thrown)}`);
  }
};
