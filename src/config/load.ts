/** Reads berth.json. A file with a mistake is an error; berth does not guess what was meant. */
import { lstatSync } from "node:fs";
import { err, ok, type Result } from "neverthrow";
import * as z from "zod/mini";
import { type FileError, readRegular } from "../host/files.ts";
import { quote } from "../log/quote.ts";
import { findSyntaxProblem } from "../oci/jsonSyntax.ts";
import { firstIssue } from "../oci/schemaIssue.ts";
import { type Config, configSchema, gcSchema, keeperSchema, metricsSchema, networkSchema } from "./schema.ts";

export const defaultConfigFile = "/etc/berth/berth.json";

const mostBytes = 1024 * 1024;

/** `message` is one line of printable ASCII, complete: the file, the place in it, what is wrong. */
export type ConfigError = { readonly kind: "unreadable" | "syntax" | "invalid"; readonly message: string };

/** A path in a message: bare where it is harmless. */
const named = (file: string): string => (/^[A-Za-z0-9/._+-]{1,200}$/.test(file) ? file : quote(file));

const invalid = (file: string, path: string, reason: string): Result<never, ConfigError> =>
  err({ kind: "invalid", message: `${named(file)}: ${path === "" ? "" : `${path}: `}${reason}` });

const unreadable = (file: string, { code, message }: FileError): ConfigError => {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EINVAL: "it is not a regular file",
    EFBIG: `it is larger than ${mostBytes} bytes`,
    EACCES: "permission denied",
  };
  return { kind: "unreadable", message: `${named(file)} cannot be read: ${reasons[code] ?? (code || quote(message))}` };
};

/** A symbolic link to nothing is a mistake and not the absence of a file. */
const isAbsent = (file: string): boolean => {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
};

/** zod leaves this key out of a record without a word, because assigning to it would do harm. */
const namesProto = (document: unknown): boolean =>
  typeof document === "object" &&
  document !== null &&
  "networks" in document &&
  typeof document.networks === "object" &&
  document.networks !== null &&
  Object.hasOwn(document.networks, "__proto__");

/** What holds without a file: DHCP on br0. */
export const defaultConfig = (): Config => ({
  file: null,
  when: "empty-netns",
  defaultNetwork: null,
  networks: new Map([["default", z.parse(networkSchema, { bridge: "br0" })]]),
  gc: z.parse(gcSchema, {}),
  keeper: z.parse(keeperSchema, {}),
  metrics: z.parse(metricsSchema, {}),
});

/** The configuration in `text`; `file` is for messages. Errors: `syntax` with line and column, `invalid` with the path. */
export const parseConfig = (text: string, file: string): Result<Config, ConfigError> => {
  const problem = findSyntaxProblem(text, "unique");
  if (problem !== null) {
    const { line, column, reason } = problem;
    const message = `${named(file)}: not JSON at line ${line}, column ${column}: ${reason}`;
    return err({ kind: "syntax", message });
  }
  const document: unknown = JSON.parse(text);
  const parsed = z.safeParse(configSchema, document);
  if (!parsed.success) {
    const { path, reason } = firstIssue(parsed.error.issues, document);
    return invalid(file, path, reason);
  }
  const { when, defaultNetwork = null, networks, gc, keeper, metrics } = parsed.data;
  if (namesProto(document)) return invalid(file, "networks", 'a network cannot be called "__proto__"');
  if (defaultNetwork !== null && !Object.hasOwn(networks, defaultNetwork))
    return invalid(file, "defaultNetwork", `there is no network ${quote(defaultNetwork)} in networks`);
  return ok({ file, when, defaultNetwork, networks: new Map(Object.entries(networks)), gc, keeper, metrics });
};

/**
 * `file` null: `fallback`, which need not exist. A file that was named must. Errors: `unreadable`, and those of
 * parseConfig.
 */
export const loadConfig = (file: string | null, fallback = defaultConfigFile): Result<Config, ConfigError> => {
  const path = file ?? fallback;
  const read = readRegular(path, mostBytes);
  if (read.isOk()) return parseConfig(read.value, path);
  if (file === null && read.error.code === "ENOENT" && isAbsent(path)) return ok(defaultConfig());
  return err(unreadable(path, read.error));
};
