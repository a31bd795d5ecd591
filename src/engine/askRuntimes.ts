/** Containers that were made with runc or crun alone, from the runtime's own list. */
import * as z from "zod/mini";
import { parseContainerId } from "../net/address.ts";
import { askProgram } from "./askProgram.ts";
import type { Answer, Known } from "./known.ts";

const listed = z.nullable(
  z.array(z.object({ id: z.string(), pid: z.int(), status: z.string(), bundle: z._default(z.string(), "") })),
);

const listOf = async (engine: "runc" | "crun", root: string | null): Promise<readonly Known[]> => {
  const asked = await askProgram(engine, [...(root === null ? [] : ["--root", root]), "list", "-f", "json"]);
  return (listed.safeParse(asked?.value).data ?? []).flatMap((one): readonly Known[] => {
    const id = parseContainerId(one.id);
    if (id === undefined) return [];
    const files = one.bundle.startsWith("/") ? { bundle: one.bundle } : null;
    return [{ engine, id, name: null, status: one.status, pid: one.pid > 0 ? one.pid : null, hostname: null, files }];
  });
};

/** By id, or the beginning of one. `root`: where the runtime keeps its state; null: where it does by default. */
export const askRuntimes = async (word: string, root: string | null): Promise<Answer> => {
  const all = (await Promise.all([listOf("runc", root), listOf("crun", root)])).flat();
  const whole = all.filter(({ id }) => id === word);
  const known = whole.length > 0 ? whole : all.filter(({ id }) => id.startsWith(word));
  return { known: known.filter(({ id }, at) => known.findIndex((one) => one.id === id) === at), unasked: null };
};
