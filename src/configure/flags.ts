/**
 * Where dockerd is given runtimes as options: it refuses to start when a setting stands in daemon.json and on its command line
 * ("the following directives are specified both as a flag and in the configuration file").
 * systemd.unit(5): a drop-in's empty `ExecStart=` takes back what was said before it.
 */
import { readdirSync } from "node:fs";
import { readRegular } from "../host/files.ts";

export type Flag = { readonly option: "--add-runtime" | "--default-runtime"; readonly file: string };

const most = 1024 * 1024;
const unitDirectories = [
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
  "/run/systemd/system",
  "/etc/systemd/system",
];
const optionFiles = ["/etc/default/docker", "/etc/sysconfig/docker"];

const dropIns = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".conf"))
      .map((name) => `${directory}/${name}`);
  } catch {
    return [];
  }
};

/** Units first, then drop-ins by their names, as systemd reads them. */
const unitFiles = (root: string): readonly string[] => [
  ...unitDirectories.map((directory) => `${root}${directory}/docker.service`),
  ...unitDirectories
    .flatMap((directory) => dropIns(`${root}${directory}/docker.service.d`))
    .sort((a, b) => (a.split("/").at(-1) ?? "").localeCompare(b.split("/").at(-1) ?? "")),
];

const flagsOf = (file: string, words: string): readonly Flag[] =>
  (["--add-runtime", "--default-runtime"] as const).flatMap((option) =>
    new RegExp(`(^|[\\s"'])${option}([=\\s"']|$)`).test(words) ? [{ option, file }] : [],
  );

/** Options in force, each with the file that says so. */
export const findFlags = (root: string): readonly Flag[] => {
  let starts: readonly Flag[] = [];
  for (const file of unitFiles(root)) {
    const text = readRegular(file, most).unwrapOr("").replace(/\\\n/g, " ");
    for (const [, command = ""] of text.matchAll(/^\s*ExecStart\s*=(.*)$/gm))
      starts = command.trim() === "" ? [] : [...starts, ...flagsOf(file, command)];
  }
  const options = optionFiles.flatMap((path) => {
    const file = `${root}${path}`;
    const rows = readRegular(file, most).unwrapOr("").split("\n");
    return flagsOf(file, rows.filter((row) => !row.trim().startsWith("#")).join("\n"));
  });
  return [...starts, ...options];
};
