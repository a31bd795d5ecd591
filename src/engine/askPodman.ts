/** podman's own answer about a container: podman-container-inspect(1), podman-ps(1). */
import { dirname } from "node:path";
import * as z from "zod/mini";
import { parseContainerId } from "../net/address.ts";
import { askProgram } from "./askProgram.ts";
import { type Answer, engineLimitMs, type Known, nobody } from "./known.ts";

const text = z._default(z.string(), "");

const inspected = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    State: z.object({ Status: z.string(), Pid: z._default(z.int(), 0) }),
    OCIConfigPath: text,
    Config: z.optional(z.object({ Hostname: text })),
  }),
);

const listed = z.array(z.object({ Id: z.string(), Names: z.array(z.string()), State: z.string() }));

const late: Answer = { known: [], unasked: `podman did not answer within ${engineLimitMs / 1000} s` };

const beginningWith = async (word: string): Promise<Answer> => {
  const asked = await askProgram("podman", ["ps", "--all", "--no-trunc", "--format", "json"]);
  const parsed = listed.safeParse(asked?.value);
  if (!parsed.success) return { known: [], unasked: "podman says that there are several such containers" };
  const known = parsed.data.flatMap(({ Id, Names: [name], State }): readonly Known[] => {
    const id = parseContainerId(Id);
    if (id === undefined || !id.startsWith(word)) return [];
    return [{ engine: "podman", id, name: name ?? null, status: State, pid: null, hostname: null, files: null }];
  });
  return { known, unasked: null };
};

export const askPodman = async (word: string): Promise<Answer> => {
  const asked = await askProgram("podman", ["container", "inspect", "--", word]);
  if (asked === null) return nobody;
  if (asked.late) return late;
  const [first] = inspected.safeParse(asked.value).data ?? [];
  const id = first === undefined ? undefined : parseContainerId(first.Id);
  if (first === undefined || id === undefined) return /more than one/.test(asked.stderr) ? beginningWith(word) : nobody;
  const { Name, State, OCIConfigPath, Config } = first;
  const known: Known = {
    engine: "podman",
    id,
    name: Name,
    status: State.Status,
    pid: State.Pid > 0 ? State.Pid : null,
    hostname: Config?.Hostname ?? null,
    files: OCIConfigPath.startsWith("/") ? { bundle: dirname(OCIConfigPath) } : null,
  };
  return { known: [known], unasked: null };
};
