/**
 * Which container does this word mean? For every command that takes one: an id, the beginning of an id, a name in Docker or
 * podman, an address, a MAC or a port's name.
 */
import { err, ok, type Result } from "neverthrow";
import type { Directories } from "../lease/paths.ts";
import { quote } from "../log/quote.ts";
import type { ContainerId } from "../net/address.ts";
import { type Attachment, type Attachments, listAttachments, shortId } from "./attachment.ts";
import { askEngines, type Known } from "./engines.ts";
import { candidateText, matchWord } from "./match.ts";

/** A container that is attached, with every attachment that it has. */
export type FoundContainer = { readonly id: ContainerId; readonly attachments: readonly Attachment[] };

const attachedAs = (id: ContainerId, { good }: Attachments): FoundContainer => ({
  id,
  attachments: good.filter(({ record }) => record.id === id),
});

const notAttached = ({ engine, id, name, status }: Known): string =>
  status === "running"
    ? `container ${name} (${shortId(id)}) runs in ${engine} and has no interface of berth's`
    : `container ${name} (${shortId(id)}) is not running (${engine} says: ${status}), so it has no interface`;

/** The error is a sentence: nobody, several (listed), not running, or a record that cannot be used. */
export const findContainer = async (
  dirs: Directories,
  word: string,
  listed: Result<Attachments, string> = listAttachments(dirs),
): Promise<Result<FoundContainer, string>> => {
  if (listed.isErr()) return err(listed.error);
  const all = listed.value;
  const match = matchWord(word, all.good);
  if (match.kind === "one") return ok(attachedAs(match.id, all));
  if (match.kind === "several")
    return err(
      `${quote(word)} could be any of ${match.candidates.length} containers: ${candidateText(match.candidates)}`,
    );
  const broken = all.broken.filter(({ id }) => id === word || (word !== "" && id.startsWith(word)));
  const [first] = broken;
  if (first !== undefined) return err(`the record ${first.path} cannot be used: ${first.why}`);
  const { known, unasked } = await askEngines(word);
  if (known === null)
    return err(
      `no container ${quote(word)} is attached${unasked === null ? "" : ` (${unasked})`}: 'berth ls' lists those that are`,
    );
  const found = attachedAs(known.id, all);
  return found.attachments.length > 0 ? ok(found) : err(notAttached(known));
};
