/**
 * What podman and CRI-O call their containers. They tell no hook; but the library that both keep containers with
 * (containers/storage) has a list of them, `<graph root>/<driver>-containers/containers.json`, beside the directory that
 * holds the bundle, `<graph root>/<driver>-containers/<id>/userdata`. No interface of theirs, so what is not as expected means
 * "unknown" and never a failure.
 */
import * as z from "zod/mini";
import { readRegular } from "../host/files.ts";
import type { ContainerId } from "../net/address.ts";

const mostBytes = 16 * 1024 * 1024;

const schema = z.array(z.object({ id: z.string(), names: z.catch(z.array(z.string()), []) }));

type Names = ReadonlyMap<string, string>;

const readNames = (path: string): Names => {
  const text = readRegular(path, mostBytes).unwrapOr("");
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return new Map(parsed.success ? parsed.data.flatMap(({ id, names: [name] }) => (name ? [[id, name]] : [])) : []);
  } catch {
    return new Map();
  }
};

/** A function that names a container by its id and bundle, and reads every list once only. */
export const podmanNames = (): ((id: ContainerId, bundle: string) => string | null) => {
  const lists = new Map<string, Names>();
  return (id, bundle) => {
    const tail = `/${id}/userdata`;
    if (!/^[0-9a-f]{64}$/.test(id) || !bundle.endsWith(tail)) return null;
    const directory = bundle.slice(0, -tail.length);
    if (!/-containers$/.test(directory)) return null;
    const known = lists.get(directory) ?? readNames(`${directory}/containers.json`);
    lists.set(directory, known);
    return known.get(id) ?? null;
  };
};
