/** Docker's own answer about a container: Docker Engine API, "Inspect a container" and "List containers". */
import { dirname } from "node:path";
import * as z from "zod/mini";
import { thrownCode, thrownText } from "../host/errno.ts";
import { programPath } from "../host/run.ts";
import { quote } from "../log/quote.ts";
import { parseContainerId } from "../net/address.ts";
import { type Answer, engineLimitMs, type Known, nobody } from "./known.ts";

const text = z._default(z.string(), "");

const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({ Status: z.string(), Pid: z._default(z.int(), 0) }),
  Config: z.optional(z.object({ Hostname: text })),
  ResolvConfPath: text,
  HostsPath: text,
});

const listed = z.array(z.object({ Id: z.string(), Names: z.array(z.string()), State: z.string() }));

const refusal = z.object({ message: z.string() });

const socketPath = (): string => {
  const host = process.env["DOCKER_HOST"] ?? "";
  return host.startsWith("unix:///") ? host.slice("unix://".length) : "/var/run/docker.sock";
};

const get = (path: string): Promise<Response> =>
  fetch(`http://docker${path}`, { unix: socketPath(), signal: AbortSignal.timeout(engineLimitMs) });

const withoutSlash = (name: string): string => name.replace(/^\//, "");

const failed = (why: string): Answer => ({
  known: [],
  unasked: programPath("dockerd") === undefined ? null : `Docker was not asked: ${why}`,
});

const filesOf = ({ ResolvConfPath, HostsPath }: z.infer<typeof inspected>): Known["files"] => {
  const mounts = [
    { destination: "/etc/resolv.conf", source: ResolvConfPath },
    { destination: "/etc/hosts", source: HostsPath },
  ].filter(({ source }) => source.startsWith("/"));
  return mounts.length === 0 ? null : { directory: dirname(mounts[0]?.source ?? "/"), mounts };
};

const ofInspected = (value: unknown): Answer => {
  const parsed = inspected.safeParse(value);
  const id = parsed.success ? parseContainerId(parsed.data.Id) : undefined;
  if (!parsed.success || id === undefined) return failed("its answer makes no sense");
  const { Name, State, Config } = parsed.data;
  const known: Known = {
    engine: "Docker",
    id,
    name: withoutSlash(Name),
    status: State.Status,
    pid: State.Pid > 0 ? State.Pid : null,
    hostname: Config?.Hostname ?? null,
    files: filesOf(parsed.data),
  };
  return { known: [known], unasked: null };
};

/** The candidates for an ambiguous beginning of an id. */
const beginningWith = async (word: string): Promise<Answer> => {
  const response = await get("/containers/json?all=1");
  const parsed = listed.safeParse(response.ok ? await response.json() : null);
  if (!parsed.success) return failed(`it says that ${quote(word)} could be several containers`);
  const known = parsed.data.flatMap(({ Id, Names: [name = ""], State }): readonly Known[] => {
    const id = parseContainerId(Id);
    if (id === undefined || !id.startsWith(word)) return [];
    return [{ engine: "Docker", id, name: withoutSlash(name), status: State, pid: null, hostname: null, files: null }];
  });
  return { known, unasked: null };
};

/** Takes a name, an id, or the beginning of one. */
export const askDocker = async (word: string): Promise<Answer> => {
  try {
    const response = await get(`/containers/${encodeURIComponent(word)}/json`);
    if (response.status === 404) return nobody;
    if (response.ok) return ofInspected(await response.json());
    const { message } = refusal.safeParse(await response.json()).data ?? { message: "" };
    if (/multiple ids/i.test(message)) return await beginningWith(word);
    return failed(`it answered ${response.status}${message === "" ? "" : ` (${message})`}`);
  } catch (thrown) {
    const code = thrownCode(thrown) ?? "";
    if (["FailedToOpenSocket", "ENOENT"].includes(code)) return failed(`there is nobody at ${socketPath()}`);
    return failed(`${socketPath()}: ${thrownText(thrown)}`);
  }
};
