/** The commands `completion` and, for the scripts that it prints, `complete`. */
import type { OperatorCommand } from "./command.ts";

export const completionCommand: OperatorCommand = {
  name: "completion",
  summary: "print the completion script of a shell",
  description: [
    "Prints what makes a shell complete berth's commands, options, containers and networks. install.sh has installed it already where the shells look for it; without that, load it in the shell's own start file.",
  ],
  arguments: [{ name: "shell", description: "bash, zsh or fish", completes: ["bash", "zsh", "fish"] }],
  options: [],
  examples: [
    { line: "source <(berth completion bash)", does: "in ~/.bashrc; for zsh the same in ~/.zshrc, after compinit" },
    { line: "berth completion fish | source", does: "in ~/.config/fish/config.fish" },
  ],
  run: async (call) => (await import("../../completion/command.ts")).printScript(call),
};

export const completeCommand: OperatorCommand = {
  name: "complete",
  summary: "print what can stand at the end of a command line",
  description: ["Called by the completion scripts: a candidate a line, with a tab before its description."],
  arguments: [
    { name: "word", description: "the words after berth; the last is the one that is being typed", count: "any" },
  ],
  options: [],
  examples: [{ line: "berth complete -- inspect we", does: "the containers whose names begin with we" }],
  passThrough: true,
  hidden: true,
  run: async (call) => {
    const { printCandidates } = await import("../../completion/command.ts");
    return printCandidates(call, (await import("./commands.ts")).operatorCommands);
  },
};
