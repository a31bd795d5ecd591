/** The bundle of a container: the directory that holds its config.json (runtime-spec, bundle.md). */
import { err, type Result } from "neverthrow";
import { readRegularBytes } from "../host/files.ts";
import { quote } from "../log/quote.ts";
import type { OciError } from "./document.ts";
import { mostSpecBytes, type OciSpec, parseSpec } from "./spec.ts";

/**
 * Reads `<dir>/config.json`. A FIFO, device or directory in its place is an error and blocks nobody. Errors:
 * `unreadable`, and those of parseSpec.
 */
export const readBundle = (dir: string): Result<OciSpec, OciError> => readBundleBytes(dir).map(({ spec }) => spec);

/** The same, and the document as it is in the file. */
export const readBundleBytes = (
  dir: string,
): Result<{ readonly spec: OciSpec; readonly bytes: Uint8Array }, OciError> =>
  readRegularBytes(`${dir}/config.json`, mostSpecBytes)
    .mapErr(
      ({ code, message }): OciError => ({
        kind: code === "EFBIG" ? "too-large" : "unreadable",
        message: `config.json of the bundle ${quote(dir)} could not be read (${code === "" ? quote(message) : code}): ${hint(code)}`,
      }),
    )
    .andThen((bytes) =>
      parseSpec(new TextDecoder().decode(bytes))
        .map((spec) => ({ spec, bytes }))
        .orElse(({ kind, message }) => err({ kind, message: `${message} (bundle ${quote(dir)})` })),
    );

const hint = (code: string): string => {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "the directory must be there, and hold that file, for as long as the container lives";
    case "EFBIG":
      return `it may have ${mostSpecBytes} bytes at most`;
    case "EINVAL":
      return "it must be a regular file";
    default:
      return "berth must be able to read it, as root";
  }
};
