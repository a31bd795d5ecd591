/**
 * What a container's config.json becomes before its runtime reads it: berth's hooks beside those that are there, and mounts
 * for resolv.conf and hosts where the engine has none. Whether the container is ours is for the same plan to say that the
 * hook goes by; a container that is not keeps its document as it is, byte for byte.
 */
import { err, ok, type Result } from "neverthrow";
import type { ContainerFile } from "../attach/containerFiles.ts";
import { type ImageFile, imageFile, ownFilePath } from "../attach/ownFiles.ts";
import { loadConfig } from "../config/load.ts";
import { type Facts, foreign, plan } from "../config/plan.ts";
import type { PlannedAttachment } from "../config/types.ts";
import { engineFacts } from "../engine/docker.ts";
import type { Directories } from "../lease/paths.ts";
import type { ContainerId } from "../net/address.ts";
import type { OciMount, OciSpec } from "../oci/spec.ts";
import type { OciState } from "../oci/state.ts";
import { type Caller, hookFor, isHookOf, type Stage } from "./hooks.ts";
import { append, bytesOf, changeMember, latin1, listAt, type SpliceError, setString } from "./splice.ts";

export type Container = {
  /** Null where it is not known: then nothing is mounted. */
  readonly id: ContainerId | null;
  readonly bundle: string;
  readonly spec: OciSpec;
  /** config.json as it is. */
  readonly bytes: Uint8Array;
};

export type Host = { readonly caller: Caller; readonly configFile: string | null; readonly dirs: Directories };

export type OwnFile = { readonly file: ContainerFile; readonly image: ImageFile };

export type Injected =
  | { readonly kind: "not-ours"; readonly because: string }
  /** `files` are mounted, and have to be there before the runtime starts. */
  | { readonly kind: "ours"; readonly bytes: Uint8Array; readonly files: readonly OwnFile[] };

/** One line for a person. */
export type InjectError = { readonly message: string };

const stages: readonly Stage[] = ["createRuntime", "poststop"];
const nobody = "unknown" as ContainerId;

const decide = (
  { id, bundle, spec }: Container,
  configFile: string | null,
): Result<PlannedAttachment | string, InjectError> => {
  const state: OciState = {
    ociVersion: "",
    id: id ?? nobody,
    status: "creating",
    pid: null,
    bundle,
    annotations: spec.annotations,
  };
  const facts: Facts = id === null ? { engineName: null } : engineFacts(spec, id);
  // Before the configuration is read: a mistake in it must not stop those who have nothing to do with berth.
  const because = foreign(state, spec, facts);
  if (because !== null) return ok(because);
  return loadConfig(configFile).andThen((config) =>
    plan(state, spec, config, facts)
      .map((planned) => (planned.kind === "attach" ? planned.attachments[0] : planned.because))
      .mapErr(({ where, what, todo }) => ({ message: `${where}: ${what}: ${todo}` })),
  );
};

/** An error inside a member, with the member's name before its path. */
const inside =
  (key: string) =>
  ({ kind, path }: SpliceError): SpliceError => ({ kind, path: path === "" ? key : `${key}.${path}` });

const hooksWith = (hooks: string, caller: Caller, dhcpMs: number): Result<string, SpliceError> =>
  stages.reduce<Result<string, SpliceError>>(
    (sum, stage) =>
      sum.andThen((before) =>
        listAt(before, [stage]).some(({ value }) => isHookOf(value, stage, caller))
          ? ok(before)
          : append(before, [stage], [hookFor(stage, caller, dhcpMs)]),
      ),
    ok(hooks),
  );

const withHooks = (text: string, caller: Caller, dhcpMs: number): Result<string, SpliceError> =>
  changeMember(text, "hooks", (hooks) => hooksWith(hooks, caller, dhcpMs).mapErr(inside("hooks")));

/** The document with hooks alone, for a caller whose own words nobody sees: the hook then says what is wrong. */
export const withHooksAlone = (bytes: Uint8Array, caller: Caller): Uint8Array | null =>
  withHooks(latin1(bytes), caller, 0)
    .map((text): Uint8Array | null => bytesOf(text))
    .unwrapOr(null);

const rootfsOf = ({ bundle, spec: { rootPath } }: Container): string =>
  rootPath.startsWith("/") ? rootPath : `${bundle}/${rootPath}`;

const covers = ({ destination }: OciMount, file: ContainerFile): boolean => {
  const at = `/${destination
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
  return at === file || at === "/etc" || at === "/";
};

/** The text of the list of mounts, and the files that are mounted. */
type Mounted = { readonly text: string; readonly files: readonly OwnFile[] };

/** A bundle that is used again has our mount already, of a file that went with the container before. */
const withMount = (
  before: Mounted,
  container: Container,
  id: ContainerId,
  dirs: Directories,
  file: ContainerFile,
): Result<Mounted, SpliceError> => {
  const source = ownFilePath(dirs, id, file);
  const at = container.spec.mounts.findLastIndex((mount) => covers(mount, file));
  const mount = container.spec.mounts[at];
  const isOurs = mount?.source?.startsWith(`${dirs.runDir}/files/`) === true;
  if (mount !== undefined && !isOurs) return ok(before);
  const image = imageFile(rootfsOf(container), file);
  if (image === null) return ok(before);
  const files = [...before.files, { file, image }];
  if (mount === undefined) {
    const added = { destination: file, type: "bind", source, options: ["bind", "rprivate"] };
    return append(before.text, [], [added]).map((text) => ({ text, files }));
  }
  const start = listAt(before.text, [])[at]?.span.start;
  const moved = mount.source !== source && start !== undefined;
  return ok({ text: moved ? setString(before.text, start, "source", source) : before.text, files });
};

const withMounts = (
  text: string,
  container: Container,
  planned: PlannedAttachment,
  dirs: Directories,
): Result<Mounted, SpliceError> => {
  const { id, spec } = container;
  // A namespace with a path is an engine's, or another container's: so are these files.
  const isOwn = spec.namespaces.some(({ type, path }) => type === "network" && path === null);
  const wanted: ContainerFile[] = [];
  if (planned.writeResolvConf) wanted.push("/etc/resolv.conf");
  if (planned.writeHosts && planned.hostname !== null) wanted.push("/etc/hosts");
  if (id === null || !isOwn) return ok({ text, files: [] });
  let files: readonly OwnFile[] = [];
  const mountsWith = (mounts: string): Result<string, SpliceError> =>
    wanted
      .reduce<Result<Mounted, SpliceError>>(
        (sum, file) => sum.andThen((before) => withMount(before, container, id, dirs, file)),
        ok({ text: mounts, files }),
      )
      .map((mounted) => {
        files = mounted.files;
        return mounted.text;
      })
      .mapErr(inside("mounts"));
  return changeMember(text, "mounts", mountsWith).map((changed) => ({ text: changed, files }));
};

const spliceErrorText = ({ kind, path }: SpliceError): string =>
  `config.json: ${path === "" ? "the document" : path} must be ${kind === "not-an-array" ? "an array" : "an object"}: have it made again by whatever makes the bundle`;

/** Errors: a configuration or a wish that will not do, a document whose hooks or mounts are of another type. */
export const injected = (container: Container, { caller, configFile, dirs }: Host): Result<Injected, InjectError> =>
  decide(container, configFile).andThen((planned): Result<Injected, InjectError> => {
    if (typeof planned === "string") return ok({ kind: "not-ours", because: planned });
    const dhcpMs = planned.addressing.kind === "dhcp" ? planned.dhcp.timeoutMs : 0;
    return withHooks(latin1(container.bytes), caller, dhcpMs)
      .andThen((text) => withMounts(text, container, planned, dirs))
      .map(({ text, files }): Injected => ({ kind: "ours", bytes: bytesOf(text), files }))
      .orElse((error) => err({ message: spliceErrorText(error) }));
  });
