/**
 * iproute2, for what concerns the host: ports, and what is shown. Inside a container's namespace: rtnetlink.ts.
 *
 * A batch line is text that ip(8) splits at white space, so a line is built from parsed words only: every argument's
 * type is a literal of ours or one of the types of net/address.ts.
 */
import { err, ok, type Result } from "neverthrow";
import { run } from "../host/run.ts";
import type { ContainerId, Ifname, Mac } from "../net/address.ts";

export type IpError = {
  readonly kind: "ip";
  /** The batch line that failed, or the whole command: what ip(8) would have been told. */
  readonly line: string;
  /** What ip(8) printed, on one line, or the kernel's own reason. */
  readonly why: string;
  /** Where the kernel itself was asked. */
  readonly errno?: number;
};

declare const built: unique symbol;
/** One line of a batch, made by `line`. */
export type BatchLine = string & { readonly [built]: true };

type Word = Ifname | Mac | NetnsPath;

/** `/proc/<pid>/fd/<fd>` of a namespace that we hold open. */
export type NetnsPath = `/proc/${number}/fd/${number}`;
/** The alias of a port, `berth:<container-id>:<ifname>`; of the temporary one for a release, `berth-release:…`; `@…`: of another run directory. */
export type Alias = `${"berth" | "berth-release"}:${ContainerId}:${Ifname}${"" | `@${string}`}`;

/** A batch line: ``line`link set ${port} up` ``. */
export const line = (literals: TemplateStringsArray, ...words: readonly Word[]): BatchLine => {
  const text = literals.reduce((sum, literal, index) => sum + String(words[index - 1]) + literal);
  if (/[^\x21-\x7e ]|["'\\#]/.test(text)) throw new Error(`unfit for ip -batch: ${JSON.stringify(text)}`);
  return text as BatchLine;
};

const oneLine = (text: string): string =>
  text
    .split("\n")
    .map((part) => part.replace(/^(Error: |RTNETLINK answers: )/, "").trim())
    .filter((part) => part !== "" && !part.startsWith("Command failed"))
    .join("; ");

/**
 * Runs the lines in the namespace that the calling thread is in. Stops at the first that fails, which the error names
 * (ip says "Command failed -:N").
 */
export const ipBatch = (lines: readonly BatchLine[]): Result<void, IpError> => {
  const ran = run("ip", ["-batch", "-"], `${lines.join("\n")}\n`);
  if (ran.code === 0) return ok(undefined);
  const at = /Command failed -:(\d+)/.exec(ran.stderr)?.[1];
  const failed = at === undefined ? undefined : lines[Number(at) - 1];
  return err({ kind: "ip", line: `ip ${failed ?? "-batch"}`, why: oneLine(ran.stderr) || `exit code ${ran.code}` });
};

/** As `ipBatch`, but goes on after a line that fails: for undoing, where part of it may be gone already. */
export const ipBatchForce = (lines: readonly BatchLine[]): void => {
  run("ip", ["-force", "-batch", "-"], `${lines.join("\n")}\n`);
};

/** One command with JSON output (`ip -j …`). Returns the parsed output, not validated. */
export const ipJson = (args: readonly string[], program: "ip" | "bridge" = "ip"): Result<unknown, IpError> => {
  const ran = run(program, ["-j", ...args]);
  const what = `${program} -j ${args.join(" ")}`;
  if (ran.code !== 0) return err({ kind: "ip", line: what, why: oneLine(ran.stderr) || `exit code ${ran.code}` });
  try {
    return ok(ran.stdout.trim() === "" ? [] : JSON.parse(ran.stdout));
  } catch {
    return err({ kind: "ip", line: what, why: "its output is not JSON" });
  }
};
