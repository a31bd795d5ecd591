/** Docker: the shim as a runtime in daemon.json. */
import { err, ok, type Result } from "neverthrow";
import { readRegular } from "../host/files.ts";
import type { Change, Changes, Wish } from "./change.ts";
import { parseDaemonJson, type RuntimeEntry, withoutRuntime, withRuntime } from "./daemonJson.ts";
import { readText } from "./files.ts";
import { findFlags } from "./flags.ts";

const entryOf = ({ shim, settings }: Wish): RuntimeEntry => {
  const args = settings.map((word) => (word.startsWith("--") ? `--berth-${word.slice(2)}` : word));
  return args.length === 0 ? { path: shim } : { path: shim, runtimeArgs: args };
};

/** What the default runtime was before berth became it. */
const memoryFile = ({ root, stateDir, name }: Wish): string => `${root}${stateDir}/configure/docker-${name}.json`;

const remembered = (wish: Wish): string | null => {
  try {
    const value: unknown = JSON.parse(readRegular(memoryFile(wish), 4096).unwrapOr("null"));
    const text = typeof value === "object" && value !== null && "defaultRuntime" in value ? value.defaultRuntime : null;
    return typeof text === "string" && text !== wish.name ? text : null;
  } catch {
    return null;
  }
};

const memoryChange = (wish: Wish, before: string): Result<readonly Change[], string> =>
  readText(memoryFile(wish)).andThen((memory) =>
    parseDaemonJson(before).map((value) => {
      if (wish.remove) return memory === null ? [] : [{ file: memoryFile(wish), before: memory, after: null }];
      const now = value["default-runtime"];
      if (!wish.setAsDefault || typeof now !== "string" || now === wish.name) return [];
      return [{ file: memoryFile(wish), before: memory, after: `${JSON.stringify({ defaultRuntime: now })}\n` }];
    }),
  );

/** A flag of the kind that the file is about to have as well; dockerd would not start again. */
const conflict = (wish: Wish, file: string): string | null => {
  if (wish.remove) return null;
  const flags = findFlags(wish.root).filter(({ option }) => option === "--add-runtime" || wish.setAsDefault);
  const [first] = flags;
  if (first === undefined) return null;
  return `${first.file} starts dockerd with ${first.option}: Docker refuses to start when ${file} says the same: move that option into ${file} first ("runtimes", "default-runtime")`;
};

/** Null: there is no file, and none is made. */
const editedText = (wish: Wish, before: string | null): Result<string | null, string> => {
  if (!wish.remove) return withRuntime(before ?? "", wish.name, entryOf(wish), wish.setAsDefault);
  return before === null ? ok(null) : withoutRuntime(before, wish.name, remembered(wish));
};

export const configureDocker = (wish: Wish): Result<Changes, string> => {
  const file = wish.configFile ?? `${wish.root}/etc/docker/daemon.json`;
  return readText(file).andThen((before) => {
    const text = before ?? "";
    const why = conflict(wish, file);
    if (why !== null) return err(why);
    const edited = editedText(wish, before);
    return edited
      .mapErr((reason) => `${file} was left as it is, because it cannot be parsed: ${reason}`)
      .andThen((after) =>
        memoryChange(wish, text).map((memory) => ({
          changes: [{ file, before, after }, ...memory],
          notes: [],
          next: wish.remove
            ? "reload Docker: 'systemctl reload docker', or 'berth configure docker --remove --reload'; containers that use the runtime have to be made anew"
            : `reload Docker ('systemctl reload docker'), then: docker run --rm --net none${wish.setAsDefault ? "" : ` --runtime ${wish.name}`} IMAGE`,
        })),
      );
  });
};
