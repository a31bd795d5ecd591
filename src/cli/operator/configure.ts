/** The command `configure`. */
import type { OperatorCommand } from "./command.ts";

export const configureCommand: OperatorCommand = {
  name: "configure",
  summary: "register berth with Docker, podman, containerd or CRI-O, or take it out again",
  description: [
    "Registers berth with an engine. docker: adds the runtime to daemon.json. containerd: adds it to config.toml. podman and crio: puts the hooks into a directory that they read. Everything else in these files stays as it is; a backup is kept beside what is changed; what is so already is not written again.",
    "Nothing is touched in a file that cannot be parsed, that dockerd itself objects to (dockerd --validate, where it can), or where Docker would not start because its options name runtimes too.",
    'With --set-as-default every container of Docker\'s passes through berth, also those of \'docker build\'; so "when" in berth.json becomes "asked" unless --when says otherwise.',
  ],
  arguments: [
    {
      name: "engine",
      description: "docker, podman, containerd or crio",
      completes: ["docker", "podman", "containerd", "crio"],
    },
  ],
  options: [
    { name: "set-as-default", description: "make it the default runtime (docker, containerd)" },
    {
      name: "when",
      value: "which",
      description: 'asked, empty-netns or keep: "when" in berth.json',
      completes: ["asked", "empty-netns", "keep"],
    },
    { name: "name", value: "name", description: "the runtime's name (default berth)" },
    { name: "remove", description: "take it out again" },
    { name: "dry-run", short: "n", description: "print the differences and change nothing" },
    { name: "reload", description: "make a running Docker read its configuration again" },
    {
      name: "config-file",
      value: "file",
      description: "another file; for podman and crio, another hooks directory",
      completes: "file",
    },
    {
      name: "shim",
      value: "file",
      description: "another place of berth-runtime (default: beside the executable)",
      completes: "file",
    },
    { name: "root", value: "dir", description: "where the files of another system are, for images", completes: "file" },
  ],
  examples: [
    { line: "berth configure docker --dry-run", does: "show what would be changed in daemon.json" },
    { line: "berth configure docker --reload", does: "register the runtime berth with the Docker that runs" },
    { line: "berth configure podman", does: "install the hooks for podman" },
    { line: "berth configure docker --remove --reload", does: "take it out again" },
  ],
  run: async (call) => (await import("../../configure/command.ts")).configure(call),
};
