/** What makes a container the same across restarts (design: identity), from what its bundle and engine say of it. */
import { type Hostname, parseHostname } from "../net/address.ts";
import type { OciSpec } from "../oci/spec.ts";
import type { OciState } from "../oci/state.ts";

/** Names that runtimes write into a new bundle: they are the same for all, and no host's. */
const nobodys: readonly string[] = ["runc", "crun", "localhost", "umoci-default", "(none)"];
const shortId = 12;

/** The bundle's host name where it is one; null for a runtime's default. */
export const specHostname = (spec: OciSpec): Hostname | null => {
  const hostname = spec.hostname === null ? undefined : parseHostname(spec.hostname);
  return hostname === undefined || nobodys.includes(hostname.toLowerCase()) ? null : hostname;
};

/**
 * True where somebody chose the host name: it is neither the short form of the id nor what looks like one. An id that is
 * itself no longer than a short one was chosen by the same person.
 */
const isChosen = (hostname: Hostname, { id }: Pick<OciState, "id">): boolean =>
  !/^[0-9a-f]{12}$/.test(hostname) && !(id.length > shortId && hostname === id.slice(0, shortId));

export type IdentityFacts = {
  /** Wish `identity`. */
  readonly explicit: string | null;
  /** The container's name, where the engine told it. */
  readonly engineName: string | null;
  /** Wish `hostname`. */
  readonly wishedHostname: Hostname | null;
};

/** A container's name that can be recorded: printable ASCII without white space. */
export const isName = (name: string): boolean => /^[\x21-\x7e]{1,256}$/.test(name);

/** `identity:…`, `name:…` or `hostname:…`, in printable ASCII; null: nothing makes it the same. */
export const identityOf = (state: Pick<OciState, "id">, spec: OciSpec, facts: IdentityFacts): string | null => {
  if (facts.explicit !== null) return `identity:${facts.explicit}`;
  if (facts.engineName !== null && isName(facts.engineName)) return `name:${facts.engineName}`;
  const hostname = specHostname(spec);
  const chosen = facts.wishedHostname ?? (hostname !== null && isChosen(hostname, state) ? hostname : null);
  return chosen === null ? null : `hostname:${chosen}`;
};
