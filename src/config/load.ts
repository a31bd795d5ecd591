/** Reads berth.json. A file with a mistake is an error; berth does not guess what was meant. */
import { err, ok, type Result } from "neverthrow";
import { readRegular } from "../host/files.ts";
import { quote } from "../log/quote.ts";
import { type OciError, parseDocument } from "../oci/document.ts";
import { type Config, configSchema, defaultConfig } from "./schema.ts";

export const defaultConfigFile = "/etc/berth/berth.json";

const mostBytes = 1024 * 1024;

/** `file` null: the default file, which need not exist. A file that was named must. */
export const loadConfig = (file: string | null): Result<Config, OciError> => {
  const path = file ?? defaultConfigFile;
  const read = readRegular(path, mostBytes);
  if (read.isErr()) {
    if (file === null && read.error.code === "ENOENT") return ok(defaultConfig());
    return err({ kind: "unreadable", message: `the configuration cannot be read: ${quote(read.error.message)}` });
  }
  const shown = quote(path).slice(1, -1);
  return parseDocument({ name: shown, most: mostBytes, todo: "correct it" }, configSchema, read.value).andThen(
    (config) => {
      const { defaultNetwork, networks } = config;
      if (defaultNetwork === undefined || Object.hasOwn(networks, defaultNetwork)) return ok(config);
      const message = `${shown} is invalid: "defaultNetwork": there is no network ${quote(defaultNetwork)}`;
      return err({ kind: "invalid" as const, message });
    },
  );
};
