/** `berth configure`: registers berth with an engine, or takes it out again; shows first what it would do. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createTwoFilesPatch } from "diff";
import { err, ok, type Result } from "neverthrow";
import { settingsWords } from "../cli/arguments.ts";
import type { Call } from "../cli/operator/command.ts";
import { print, printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { remove } from "../host/files.ts";
import { programPath, run } from "../host/run.ts";
import { type Change, type Changes, realChanges, type Wish } from "./change.ts";
import { configureContainerd } from "./containerd.ts";
import { configureDocker } from "./docker.ts";
import { writeChange } from "./files.ts";
import { configureHooks } from "./hooksDirectory.ts";
import { configureWhen } from "./when.ts";

const engines = ["docker", "podman", "containerd", "crio"] as const;
type Engine = (typeof engines)[number];

type Usage = { readonly usage: string };

/** The shim lies where install.sh puts it, seen from the executable. */
const shimOf = (executable: string): string => resolve(dirname(executable), "../libexec/berth/hooks/berth-runtime");

const wishOf = (call: Call): Result<Wish, Usage> => {
  const name = call.value("name") ?? "berth";
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name) || ["runc", "io.containerd.runc.v2"].includes(name))
    return err({ usage: "--name may hold letters, digits and _ . - and must not be runc" });
  const when = call.value("when");
  if (when !== undefined && !["asked", "empty-netns", "keep"].includes(when))
    return err({ usage: "--when is asked, empty-netns or keep" });
  const absolute = ["config-file", "root"].filter((option) => call.value(option)?.startsWith("/") === false);
  if (absolute.length > 0) return err({ usage: `--${absolute[0]} must be an absolute path` });
  if (call.has("remove") && call.has("set-as-default"))
    return err({ usage: "--remove and --set-as-default exclude each other" });
  const executable = process.execPath;
  return ok({
    root: (call.value("root") ?? "").replace(/\/+$/, ""),
    name,
    remove: call.has("remove"),
    setAsDefault: call.has("set-as-default"),
    configFile: call.value("config-file") ?? null,
    executable,
    shim: call.value("shim") ?? shimOf(executable),
    settings: settingsWords(call.settings),
    stateDir: call.settings.dirs.stateDir,
  });
};

const engineChanges = (engine: Engine, wish: Wish): Result<Changes, string> => {
  if (engine === "podman" || engine === "crio") return configureHooks(wish, engine);
  if (!wish.remove && !existsSync(wish.shim))
    return err(`${wish.shim} does not exist: install berth first ('./install.sh')`);
  return engine === "docker" ? configureDocker(wish) : configureContainerd(wish);
};

/** With berth as the default, `"when"` must say which of all containers are meant. */
const changesOf = (engine: Engine, wish: Wish, call: Call): Result<Changes, string> =>
  engineChanges(engine, wish).andThen((first) => {
    const when = call.value("when") ?? (wish.setAsDefault && engine === "docker" ? "asked" : "keep");
    if (when !== "asked" && when !== "empty-netns") return ok(first);
    return configureWhen(wish, when, call.settings.configFile).map((second) => ({
      changes: [...first.changes, ...second.changes],
      notes: [...first.notes, ...second.notes],
      next: first.next,
    }));
  });

const patchOf = ({ file, before, after }: Change): string =>
  createTwoFilesPatch(
    before === null ? "/dev/null" : file,
    after === null ? "/dev/null" : file,
    before ?? "",
    after ?? "",
    undefined,
    undefined,
    { context: 3 },
  ).replace(/^=+\n/, "");

/** dockerd's own word on the file, where it can be asked (from version 23 on). Null: no objection. */
const objection = (change: Change): string | null => {
  if (change.after === null || programPath("dockerd") === undefined) return null;
  if (!run("dockerd", ["--help"]).stdout.includes("--validate")) return null;
  const trial = `${change.file}.berth-trial`;
  try {
    writeFileSync(trial, change.after, { mode: 0o600 });
    const { code, stderr, stdout } = run("dockerd", ["--validate", "--config-file", trial], "", 20_000);
    const said = `${stderr}${stdout}`.trim().split("\n").at(-1) ?? "";
    return code === 0 ? null : `dockerd --validate says: ${said.replaceAll(trial, change.file)}`;
  } finally {
    remove(trial);
  }
};

/** SIGHUP makes dockerd read `runtimes` and `default-runtime` again. The sentence of what was done, or why not. */
const reload = (wish: Wish, change: Change): Result<string, string> => {
  const [, own] = /"pidfile"\s*:\s*"([^"]+)"/.exec(change.after ?? change.before ?? "") ?? [];
  const path = own ?? `${wish.root}/var/run/docker.pid`;
  try {
    const pid = Number(readFileSync(path, "latin1").trim());
    if (!(pid > 1) || readFileSync(`/proc/${pid}/comm`, "latin1").trim() !== "dockerd")
      return err(`${path} names no dockerd: reload Docker by hand`);
    process.kill(pid, "SIGHUP");
    return ok(`Docker (pid ${pid}) reads its configuration again`);
  } catch {
    return err(`${path} cannot be read: is Docker running? It reads its configuration when it starts`);
  }
};

const apply = (engine: Engine, changes: readonly Change[]): Result<readonly string[], string> => {
  const [first] = changes;
  const why = engine === "docker" && first !== undefined ? objection(first) : null;
  if (why !== null) return err(`nothing was changed: ${why}`);
  const done: string[] = [];
  for (const change of changes) {
    const written = writeChange(change);
    if (written.isErr()) return err(`${change.file} could not be written: ${written.error}`);
    const kept = written.value === null ? "" : ` (before: ${written.value})`;
    done.push(`${change.after === null ? "removed" : "wrote"} ${change.file}${kept}`);
  }
  return ok(done);
};

const fail = (message: string, code = 1): number => {
  say(`configure: ${message}`);
  return code;
};

export const configure = (call: Call): number => {
  const engine = engines.find((one) => one === call.words[0]);
  if (engine === undefined) return fail(`the engine is one of ${engines.join(", ")}`, 2);
  const wish = wishOf(call);
  if (wish.isErr()) return fail(wish.error.usage, 2);
  if (call.has("reload") && engine !== "docker") return fail("--reload is for docker", 2);
  const planned = changesOf(engine, wish.value, call);
  if (planned.isErr()) return fail(planned.error);
  const changes = realChanges(planned.value);
  const { notes, next } = planned.value;
  const json = call.has("json");
  if (call.has("dry-run")) {
    if (json) printJson({ changed: false, changes, notes, next });
    else print(changes.map(patchOf).join("") || "nothing to change\n");
    return 0;
  }
  const done = apply(engine, changes);
  if (done.isErr()) return fail(done.error);
  const [first] = planned.value.changes;
  const reloaded = call.has("reload") && first !== undefined ? reload(wish.value, first) : null;
  if (reloaded?.isErr() === true) return fail(reloaded.error);
  if (json) {
    printJson({ changed: changes.length > 0, changes, notes, next: reloaded === null ? next : null });
    return 0;
  }
  const rows = changes.length === 0 ? ["nothing to change: it is so already"] : done.value;
  const after =
    reloaded?.isOk() === true ? [reloaded.value] : changes.length > 0 && next !== null ? [`Next: ${next}`] : [];
  print([...rows, ...notes, ...after].map((row) => `${row}\n`).join(""));
  return 0;
};
