/**
 * What a container asks for: annotations `io.berth.<key>` and, where a runtime cannot pass annotations, environment
 * variables `BERTH_<KEY>`. The state's annotations win over the bundle's, and those over variables.
 */
import { err, ok, type Result } from "neverthrow";
import { quote } from "../log/quote.ts";
import type { Annotations } from "../oci/field.ts";
import type { OciSpec } from "../oci/spec.ts";
import type { OciState } from "../oci/state.ts";
import { type Overridable, overridable } from "./schema.ts";
import type { PlanError } from "./types.ts";

/** One wish: its text, not yet looked at, and where it came from. */
export type Wish = { readonly text: string; readonly where: string };
export type Wishes = Readonly<Partial<Record<Overridable, Wish>>>;

const prefix = "io.berth.";
const variable = "BERTH_";

const isOverridable = (key: string): key is Overridable => overridable.some((known) => known === key);

const unknown = (where: string, key: string): PlanError => ({
  kind: "invalid",
  where,
  what: key === "vlan" ? "VLANs are not supported by the driver linux" : "there is no such option",
  todo: `known are ${overridable.join(", ")}`,
});

const fromAnnotations = (annotations: Annotations, into: Map<Overridable, Wish>): PlanError | null => {
  for (const [name, text] of annotations) {
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    const where = `annotation ${quote(name)}`;
    if (!isOverridable(key)) return unknown(where, key);
    into.set(key, { text, where });
  }
  return null;
};

/** Variables of other programs may begin with BERTH_ too, so an unknown one is no error, but for the one with a plan. */
const fromEnvironment = (env: readonly string[], into: Map<Overridable, Wish>): PlanError | null => {
  for (const entry of env) {
    if (!entry.startsWith(variable)) continue;
    const at = entry.indexOf("=");
    const name = at < 0 ? entry : entry.slice(0, at);
    const key = name.slice(variable.length).toLowerCase();
    if (name !== name.toUpperCase()) continue;
    if (key === "vlan") return unknown(`variable ${name}`, key);
    if (at >= 0 && isOverridable(key)) into.set(key, { text: entry.slice(at + 1), where: `variable ${name}` });
  }
  return null;
};

export const readWishes = (state: OciState, spec: OciSpec): Result<Wishes, PlanError> => {
  const wishes = new Map<Overridable, Wish>();
  const problem =
    fromEnvironment(spec.env, wishes) ??
    fromAnnotations(spec.annotations, wishes) ??
    fromAnnotations(state.annotations, wishes);
  if (problem !== null) return err(problem);
  for (const { text, where } of wishes.values())
    if (text === "")
      return err({ kind: "invalid", where, what: "it is empty", todo: "give it a value or leave it out" });
  return ok(Object.fromEntries(wishes));
};
