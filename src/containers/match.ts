/** Which container a word means, of those that are attached: pure. */
import type { ContainerId } from "../net/address.ts";
import { parseMac } from "../net/address.ts";
import { type Attachment, shortId } from "./attachment.ts";

export type Match =
  | { readonly kind: "one"; readonly id: ContainerId }
  | { readonly kind: "several"; readonly candidates: readonly Attachment[] }
  | { readonly kind: "none" };

const isNamed = (word: string, { record, name }: Attachment): boolean =>
  record.id === word ||
  name === word ||
  record.port === word ||
  record.mac === parseMac(word) ||
  record.addresses.some((address) => address === word || address.slice(0, address.indexOf("/")) === word.toLowerCase());

const decide = (found: readonly Attachment[]): Match => {
  const candidates = found.filter(({ record }, at) => found.findIndex((one) => one.record.id === record.id) === at);
  const [first, ...more] = candidates;
  if (first === undefined) return { kind: "none" };
  return more.length === 0 ? { kind: "one", id: first.record.id } : { kind: "several", candidates };
};

/** By id, name, address, MAC or port; else by the beginning of its id. A whole id is never ambiguous. */
export const matchWord = (word: string, attachments: readonly Attachment[]): Match => {
  if (word === "") return { kind: "none" };
  const whole = attachments.find(({ record }) => record.id === word);
  if (whole !== undefined) return { kind: "one", id: whole.record.id };
  const named = decide(attachments.filter((one) => isNamed(word, one)));
  return named.kind === "none" ? decide(attachments.filter(({ record }) => record.id.startsWith(word))) : named;
};

/** `4b94d0da2047 (web1)`; so much of the id as tells the candidates apart. */
export const candidateText = (candidates: readonly Attachment[]): string => {
  const most = 10;
  const short = candidates.map(({ record }) => shortId(record.id));
  const shown = candidates.slice(0, most).map(({ record, name }, at) => {
    const id = short.filter((one) => one === short[at]).length > 1 ? record.id : short[at];
    return name === null ? id : `${id} (${name})`;
  });
  return `${shown.join(", ")}${candidates.length > most ? `, and ${candidates.length - most} more` : ""}`;
};
