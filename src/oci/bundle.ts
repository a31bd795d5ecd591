/** A bundle's config.json, read without trusting what it is. */
import { err, type Result } from "neverthrow";
import { readRegular } from "../host/files.ts";
import { quote } from "../log/quote.ts";
import type { DocumentError } from "./document.ts";
import { type OciSpec, parseSpec } from "./spec.ts";

const mostBytes = 16 * 1024 * 1024;

export const readBundle = (bundle: string): Result<OciSpec, DocumentError> => {
  const path = `${bundle}/config.json`;
  const read = readRegular(path, mostBytes);
  if (read.isErr())
    return err({ kind: "document", message: `the bundle cannot be read: ${quote(read.error.message)}` });
  return parseSpec(`the bundle's ${quote(path).slice(1, -1)}`, read.value);
};
