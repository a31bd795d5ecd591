/**
 * containerd: the shim as a runtime of the CRI plugin in config.toml (version 2 or 3), in a section of its own at the end of the file, so
 * that everything else keeps its bytes. https://github.com/containerd/containerd/blob/main/docs/cri/config.md
 */
import { err, ok, type Result } from "neverthrow";
import { parse } from "smol-toml";
import type { Changes, Wish } from "./change.ts";
import { readText } from "./files.ts";

const begin = "# berth: begin (made by 'berth configure containerd'; '--remove' takes it away)";
const end = "# berth: end";

type Table = Readonly<Record<string, unknown>>;
const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parseToml = (text: string, file: string): Result<Table, string> => {
  try {
    return ok(parse(text));
  } catch (thrown) {
    const [first = ""] = (thrown instanceof Error ? thrown.message : String(thrown)).split("\n");
    return err(`${file} was left as it is, because it cannot be parsed: ${first}`);
  }
};

/** The plugin that has the runtimes; null: a version that we do not know. */
const pluginOf = (document: Table): string | null => {
  const { version = 2 } = document;
  return version === 2 ? "io.containerd.grpc.v1.cri" : version === 3 ? "io.containerd.cri.v1.runtime" : null;
};

const at = (document: Table, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isTable(value) ? value[key] : undefined), document);

/** A line that we put into somebody's table is marked. */
const mark = "# berth";

const withoutOurs = (text: string): string => {
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  const cut = from < 0 || to < 0 ? text : `${text.slice(0, from)}${text.slice(to + end.length + 1)}`;
  return cut
    .split("\n")
    .filter((row) => !row.endsWith(` ${mark}`))
    .join("\n");
};

const section = (wish: Wish, plugin: string, tables: readonly string[]): string => {
  const runtime = `plugins."${plugin}".containerd.runtimes.${JSON.stringify(wish.name)}`;
  return [
    begin,
    ...tables,
    `[${runtime}]`,
    '  runtime_type = "io.containerd.runc.v2"',
    `  [${runtime}.options]`,
    `    BinaryName = ${JSON.stringify(wish.shim)}`,
    end,
    "",
  ].join("\n");
};

/** The row of a table's own header, whichever quotes it has. */
const headerRow = (rows: readonly string[], plugin: string): number =>
  rows.findIndex((row) => row.replace(/['"\s]/g, "") === `[plugins.${plugin}.containerd]`);

const added = (wish: Wish, clean: string, plugin: string, hasTable: boolean): Result<string, string> => {
  const line = `default_runtime_name = ${JSON.stringify(wish.name)}`;
  const rows = clean.split("\n");
  const header = headerRow(rows, plugin);
  if (!wish.setAsDefault || header >= 0 || !hasTable) {
    const body =
      wish.setAsDefault && header >= 0 ? rows.toSpliced(header + 1, 0, `  ${line} ${mark}`).join("\n") : clean;
    const tables = wish.setAsDefault && header < 0 ? [`[plugins."${plugin}".containerd]`, `  ${line}`] : [];
    return ok(`${body}${body === "" || body.endsWith("\n") ? "" : "\n"}${section(wish, plugin, tables)}`);
  }
  return err(`set 'default_runtime_name = "${wish.name}"' by hand: the table is not written as one of its own`);
};

export const configureContainerd = (wish: Wish): Result<Changes, string> => {
  const file = wish.configFile ?? `${wish.root}/etc/containerd/config.toml`;
  return readText(file).andThen((before): Result<Changes, string> => {
    const clean = before === null ? "version = 2\n" : withoutOurs(before);
    const next = "restart containerd: 'systemctl restart containerd'";
    if (wish.remove) {
      const after = before === null ? null : clean;
      return parseToml(clean, file).map(() => ({ changes: [{ file, before, after }], notes: [], next }));
    }
    if (wish.settings.length > 0)
      return err(
        "containerd cannot give a runtime arguments: --config, --run-dir and --state-dir have to be the defaults",
      );
    return parseToml(clean, file).andThen((document): Result<Changes, string> => {
      const plugin = pluginOf(document);
      if (plugin === null)
        return err(`${file}: version ${String(document["version"])} is none that berth knows (2 and 3)`);
      const table = at(document, ["plugins", plugin, "containerd"]);
      if (at(document, ["plugins", plugin, "containerd", "runtimes", wish.name]) !== undefined)
        return err(`${file} has a runtime ${wish.name} already that is not berth's: choose another --name`);
      const present = isTable(table) ? table["default_runtime_name"] : undefined;
      if (wish.setAsDefault && present !== undefined)
        return err(`${file} says default_runtime_name = ${JSON.stringify(present)}: change it by hand`);
      return added(wish, clean, plugin, isTable(table) && Object.keys(table).some((key) => key !== "runtimes"))
        .mapErr((why) => `${file}: ${why}`)
        .andThen((after) =>
          parseToml(after, file).map(() => ({ changes: [{ file, before, after }], notes: [], next })),
        );
    });
  });
};
