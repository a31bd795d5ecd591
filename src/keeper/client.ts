/** How commands speak to the keeper that runs, if one does (server.ts). */
import { err, ok, type Result } from "neverthrow";
import * as z from "zod/mini";
import { thrownCode, thrownText } from "../host/errno.ts";
import type { Directories } from "../lease/paths.ts";
import type { ContainerId, Ifname } from "../net/address.ts";
import { keeperSocketPath } from "./server.ts";

/** The door's server resets one connection in some ten thousand before it has read it. Whatever is asked for may be asked twice. */
const times = 2;

const ask = async (dirs: Directories, method: "GET" | "POST", path: string, limitMs: number): Promise<Response> => {
  const signal = AbortSignal.timeout(limitMs);
  for (let time = 1; ; time += 1) {
    try {
      return await fetch(`http://keeper${path}`, { unix: keeperSocketPath(dirs), method, signal });
    } catch (thrown) {
      if (time === times || thrownCode(thrown) !== "ECONNRESET") throw thrown;
    }
  }
};

const call = async (
  dirs: Directories,
  method: "GET" | "POST",
  path: string,
  limitMs: number,
): Promise<Result<Response, string>> => {
  try {
    const response = await ask(dirs, method, path, limitMs);
    return response.ok ? ok(response) : err(`the keeper said ${response.status}: ${(await response.text()).trim()}`);
  } catch (thrown) {
    return err(`the keeper did not answer: ${thrownText(thrown)}`);
  }
};

const renewed = z.array(z.object({ ifname: z.string(), done: z.boolean(), message: z.string() }));
export type Renewed = z.infer<typeof renewed>;

/** Asks the keeper to renew now, and waits for the outcome at most `limitMs`. */
export const askToRenew = async (
  dirs: Directories,
  id: ContainerId,
  ifname: Ifname | null,
  limitMs: number,
): Promise<Result<Renewed, string>> => {
  const words = new URLSearchParams({ container: id, ...(ifname === null ? {} : { ifname }) });
  const answered = await call(dirs, "POST", `/renew?${words}`, limitMs);
  if (answered.isErr()) return err(answered.error);
  const parsed = renewed.safeParse(await answered.value.json());
  return parsed.success ? ok(parsed.data) : err("the keeper's answer makes no sense: is it of another version?");
};

/** Tells the keeper that records have changed. Nobody there: nothing to do. */
export const tellToLook = async (dirs: Directories): Promise<void> => {
  await call(dirs, "POST", "/look", 2000);
};

const status = z.object({ pid: z.int(), version: z.string(), startedAt: z.number() });

/** Who it is; `startedAt` in seconds since the epoch. */
export const askStatus = async (dirs: Directories): Promise<Result<z.infer<typeof status>, string>> => {
  const answered = await call(dirs, "GET", "/status", 2000);
  if (answered.isErr()) return err(answered.error);
  const parsed = status.safeParse(await answered.value.json());
  return parsed.success ? ok(parsed.data) : err("its answer makes no sense");
};

export const readMetrics = async (dirs: Directories): Promise<Result<string, string>> => {
  const answered = await call(dirs, "GET", "/metrics", 5000);
  return answered.isErr() ? err(answered.error) : ok(await answered.value.text());
};
