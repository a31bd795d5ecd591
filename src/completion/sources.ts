/** The containers and networks of this host, as candidates. Whatever is wrong with a file, a shell wants no message. */
import { loadConfig } from "../config/load.ts";
import { type Attachment, listAttachments, shortId } from "../containers/attachment.ts";
import type { Directories } from "../lease/paths.ts";
import type { Candidate } from "./candidates.ts";

const addressesOf = ({ record }: Attachment): readonly string[] =>
  record.addresses.map((address) => address.slice(0, address.indexOf("/")));

const description = (one: Attachment): string => {
  const { record } = one;
  return `${addressesOf(one)[0] ?? "no address"} on ${record.network}`;
};

/** By name; whoever has begun to type something else means an id, an address, a port or a MAC. */
export const containerCandidates = (dirs: Directories, prefix: string): readonly Candidate[] => {
  const { good } = listAttachments(dirs).unwrapOr({ good: [], broken: [] });
  const words = good.flatMap((one) => {
    const { record, name } = one;
    const called = name ?? shortId(record.id);
    const id = prefix.length > shortId(record.id).length ? record.id : shortId(record.id);
    const others = [id, ...addressesOf(one), record.port, record.mac];
    const values =
      prefix === "" || called.startsWith(prefix) ? [called] : others.filter((word) => word.startsWith(prefix));
    return values.map((value) => ({ value, description: value === called ? description(one) : called }));
  });
  return words.filter(({ value }, at) => words.findIndex((word) => word.value === value) === at);
};

export const networkCandidates = (configFile: string | null): readonly Candidate[] =>
  loadConfig(configFile).match(
    ({ networks }) => [...networks].map(([value, { bridge }]) => ({ value, description: `on ${bridge}` })),
    () => [],
  );
