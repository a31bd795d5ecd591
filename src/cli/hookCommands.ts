/** The commands that programs call, and what the help and the man page say of them. They parse their own few words. */

export type HookCommand = {
  readonly name: string;
  /** Words after the name. */
  readonly usage: string;
  readonly summary: string;
  readonly example: string;
};

/** Called by an OCI runtime, with a document on standard input. */
export const hookCommands: readonly HookCommand[] = [
  {
    name: "createRuntime",
    usage: "",
    summary: "put the container on its network: port, lease, address, routes, DNS",
    example: "berth createRuntime < state.json",
  },
  {
    name: "poststop",
    usage: "",
    summary: "take it off again and hand the lease back",
    example: "berth poststop < state.json",
  },
  {
    name: "precreate",
    usage: "",
    summary: "be podman's hook of that name: config.json in, the same with berth's hooks out",
    example: "berth precreate < config.json",
  },
];

/** Called by berth-runtime, the runtime that Docker and containerd are given. */
export const shimCommands: readonly HookCommand[] = [
  {
    name: "inject",
    usage: " BUNDLE [ID]",
    summary: "add berth's hooks to the bundle's config.json, if the container is to have a network of ours",
    example: "berth inject /path/to/bundle web1",
  },
];
