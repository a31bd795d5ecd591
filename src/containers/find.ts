/**
 * Which container does this word mean? For every command that takes one: an id, the beginning of an id, a name in Docker or
 * podman, an address, a MAC or a port's name.
 */
import { err, ok, type Result } from "neverthrow";
import { askEngines } from "../engine/ask.ts";
import type { Known } from "../engine/known.ts";
import type { Directories } from "../lease/paths.ts";
import { quote } from "../log/quote.ts";
import type { ContainerId } from "../net/address.ts";
import { type Attachment, type Attachments, listAttachments, shortId } from "./attachment.ts";
import { candidateText, matchWord } from "./match.ts";

/** A container that is attached, with every attachment that it has. */
export type FoundContainer = { readonly id: ContainerId; readonly attachments: readonly Attachment[] };

/** `web1 (4b94d0da2047)`; its id where it has no name. */
const knownText = ({ id, name }: Known): string => (name === null ? shortId(id) : `${name} (${shortId(id)})`);

const attachedAs = (id: ContainerId, { good }: Attachments): FoundContainer => ({
  id,
  attachments: good.filter(({ record }) => record.id === id),
});

const notAttached = (known: Known): string =>
  known.status === "running"
    ? `container ${knownText(known)} runs in ${known.engine} and has no interface of berth's`
    : `container ${knownText(known)} is not running (${known.engine} says: ${known.status}), so it has no interface`;

const severalText = (word: string, count: number, list: string): string =>
  `${quote(word)} could be any of ${count} containers: ${list}`;

/** The one that an engine knows by this word. The error is a sentence: several do, with who they are. */
export const onlyKnown = (word: string, known: readonly Known[]): Result<Known | null, string> => {
  const [one, ...more] = known;
  if (one === undefined) return ok(null);
  return more.length === 0
    ? ok(one)
    : err(severalText(word, known.length, known.slice(0, 10).map(knownText).join(", ")));
};

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
  if (match.kind === "several") return err(severalText(word, match.candidates.length, candidateText(match.candidates)));
  const broken = all.broken.filter(({ id }) => id === word || (word !== "" && id.startsWith(word)));
  const [first] = broken;
  if (first !== undefined) return err(`the record ${first.path} cannot be used: ${first.why}`);
  const { known, unasked } = await askEngines(word);
  const only = onlyKnown(word, known);
  if (only.isErr()) return err(only.error);
  if (only.value === null)
    return err(
      `no container ${quote(word)} is attached${unasked === null ? "" : ` (${unasked})`}: 'berth ls' lists those that are`,
    );
  const found = attachedAs(only.value.id, all);
  return found.attachments.length > 0 ? ok(found) : err(notAttached(only.value));
};
