/**
 * What a container asks for: annotations `io.berth.<key>`, the engine's labels of the same names and, where neither can
 * be given, environment variables `BERTH_<KEY>`. The state's annotations win over the bundle's, those over labels, and
 * labels over variables.
 */
import { err, ok, type Result } from "neverthrow";
import { quote } from "../log/quote.ts";
import {
  type Hostname,
  type Ifname,
  isUnicast,
  type Mac,
  parseHostname,
  parseIfname,
  parseMac,
} from "../net/address.ts";
import type { Annotations } from "../oci/field.ts";
import type { OciSpec } from "../oci/spec.ts";
import type { OciState } from "../oci/state.ts";
import { type Overridable, overridable } from "./schema.ts";
import { parseAddressing } from "./staticAddressing.ts";
import type { Addressing, PlanError } from "./types.ts";

/** One wish and where it came from, in words. */
export type Wish<T> = { readonly value: T; readonly where: string };

type Values = {
  /** Any text: whether there is such a network is for the configuration to say. */
  readonly network: string;
  readonly ifname: Ifname;
  readonly mac: Mac;
  readonly ip: Addressing;
  readonly hostname: Hostname;
  readonly identity: string;
  readonly vlan: number;
};

export type Wishes = { readonly [Key in Overridable]?: Wish<Values[Key]> };

const prefix = "io.berth.";
/** Annotations that berth writes itself, for itself. */
const internal = "io.berth.internal.";
const variable = "BERTH_";

type Text = { readonly text: string; readonly where: string };
type Texts = Map<Overridable, Text>;

const isOverridable = (key: string): key is Overridable => overridable.some((known) => known === key);

const collectAnnotations = (
  annotations: Annotations,
  into: Texts,
  what: "annotation" | "label" = "annotation",
): PlanError | null => {
  for (const [name, text] of annotations) {
    if (!name.startsWith(prefix) || name.startsWith(internal)) continue;
    const key = name.slice(prefix.length);
    if (!isOverridable(key)) {
      const todo = `known are ${overridable.map((known) => `${prefix}${known}`).join(", ")}`;
      return { kind: "invalid", where: `${what} ${quote(name)}`, what: "unknown option", todo };
    }
    into.set(key, { text, where: `${what} ${name}` });
  }
  return null;
};

/**
 * Variables are the application's own name space, in which other things may begin with BERTH_: what is none of our
 * options is left alone. Of two entries the last counts, as getenv(3) of most shells has it.
 */
const collectVariables = (env: readonly string[], into: Texts): void => {
  for (const entry of env) {
    const at = entry.indexOf("=");
    if (at < 0 || !entry.startsWith(variable)) continue;
    const name = entry.slice(0, at);
    const key = name.slice(variable.length).toLowerCase();
    if (name === name.toUpperCase() && isOverridable(key))
      into.set(key, { text: entry.slice(at + 1), where: `environment variable ${name}` });
  }
};

const orExpected = <T>(value: T | undefined, expected: string): Result<T, string> =>
  value === undefined ? err(expected) : ok(value);

const unicast = (text: string): Mac | undefined => {
  const mac = parseMac(text);
  return mac !== undefined && isUnicast(mac) ? mac : undefined;
};

/** The error completes "expected …". */
const parsers: { readonly [Key in Overridable]: (text: string) => Result<Values[Key], string> } = {
  network: ok,
  ifname: (text) =>
    orExpected(
      text === "lo" ? undefined : parseIfname(text),
      "an interface name of 1 to 15 characters out of A-Z a-z 0-9 _ . -, and not lo",
    ),
  mac: (text) =>
    orExpected(unicast(text), "a unicast MAC address like 02:00:5e:10:00:01 (the first octet even, not all zeros)"),
  ip: parseAddressing,
  hostname: (text) => orExpected(parseHostname(text), "a host name of letters, digits, hyphens and dots"),
  identity: (text) =>
    orExpected(/^[\x20-\x7e]{1,256}$/.test(text) ? text : undefined, "1 to 256 printable ASCII characters"),
  vlan: (text) =>
    orExpected(
      /^[1-9][0-9]{0,3}$/.test(text) && Number(text) <= 4094 ? Number(text) : undefined,
      "a VLAN number from 1 to 4094",
    ),
};

const invalid = ({ text, where }: Text, expected: string): PlanError =>
  text === ""
    ? { kind: "invalid", where, what: "it is empty", todo: "give it a value or leave it out" }
    : { kind: "invalid", where, what: `${quote(text)} will not do`, todo: `expected ${expected}` };

const parseWish = <Key extends Overridable>(key: Key, texts: Texts): Result<Wishes, PlanError> => {
  const text = texts.get(key);
  if (text === undefined) return ok({});
  if (text.text === "") return err(invalid(text, ""));
  return parsers[key](text.text)
    .map((value) => ({ [key]: { value, where: text.where } }))
    .mapErr((expected) => invalid(text, expected));
};

/**
 * Every wish of the container, checked. Errors: an annotation or label `io.berth.*` that is no option; a value that will
 * not do.
 */
export const readWishes = (
  state: OciState,
  spec: OciSpec,
  labels: Annotations = new Map(),
): Result<Wishes, PlanError> => {
  const texts: Texts = new Map();
  collectVariables(spec.env, texts);
  const problem =
    collectAnnotations(labels, texts, "label") ??
    collectAnnotations(spec.annotations, texts) ??
    collectAnnotations(state.annotations, texts);
  if (problem !== null) return err(problem);
  return overridable.reduce<Result<Wishes, PlanError>>(
    (sum, key) => sum.andThen((wishes) => parseWish(key, texts).map((more) => ({ ...wishes, ...more }))),
    ok({}),
  );
};
