/**
 * What can stand at the end of a command line that is being typed. Pure: the shells' scripts (scripts.ts) hand in the words
 * after `berth`, of which the last, perhaps empty, is the one that is being typed.
 */
import type { Completes, OperatorCommand, Option } from "../cli/operator/command.ts";
import { optionsOf } from "../cli/operator/options.ts";

export type Candidate = { readonly value: string; readonly description: string };

/** `files` and `directories`: the shell knows better. */
export type Completion =
  | { readonly kind: "candidates"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "files" }
  | { readonly kind: "directories" };

/** What is known when it is needed; `prefix` is what has been typed of the word. */
export type Sources = {
  readonly commands: readonly OperatorCommand[];
  readonly containers: (prefix: string) => readonly Candidate[];
  readonly networks: () => readonly Candidate[];
};

const list = (candidates: readonly Candidate[]): Completion => ({ kind: "candidates", candidates });
const nothing = list([]);

const help: Option = { name: "help", short: "h", description: "print the help" };

const commandCandidates = ({ commands }: Sources): readonly Candidate[] => [
  ...commands
    .filter(({ hidden }) => hidden !== true)
    .map(({ name, summary }) => ({ value: name, description: summary })),
  { value: "version", description: "print the version" },
  { value: "help", description: "print the help of a command" },
];

const ofKind = (completes: Completes, prefix: string, sources: Sources): Completion => {
  if (completes === "none") return nothing;
  if (completes === "file") return { kind: "files" };
  if (completes === "directory") return { kind: "directories" };
  if (completes === "container") return list(sources.containers(prefix));
  if (completes === "network") return list(sources.networks());
  if (completes === "command") return list(commandCandidates(sources));
  return list(completes.map((value) => ({ value, description: "" })));
};

const optionCandidates = (options: readonly Option[]): Completion =>
  list(options.map(({ name, description }) => ({ value: `--${name}`, description })));

const takesValue = (word: string, options: readonly Option[]): Option | undefined =>
  options.find(({ name, short, value }) => value !== undefined && (word === `--${name}` || word === `-${short}`));

/** How many arguments stand before the last word; null: the last word is the value of `option`. */
const walk = (words: readonly string[], options: readonly Option[], passThrough: boolean) => {
  let position = 0;
  let onlyArguments = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!onlyArguments && word === "--") onlyArguments = true;
    else if (!onlyArguments && word.startsWith("-") && word !== "-") {
      const option = takesValue(word, options);
      if (option !== undefined && at === words.length - 1) return { option, position, onlyArguments };
      if (option !== undefined) at += 1;
    } else {
      position += 1;
      if (passThrough) onlyArguments = true;
    }
  }
  return { option: null, position, onlyArguments };
};

const ofCommand = (command: OperatorCommand, words: readonly string[], sources: Sources): Completion => {
  const options = [...optionsOf(command), help];
  const typed = words.at(-1) ?? "";
  const { option, position, onlyArguments } = walk(words.slice(0, -1), options, command.passThrough === true);
  if (option !== null) return ofKind(option.completes ?? "none", typed, sources);
  if (typed.startsWith("-") && !onlyArguments) {
    const [name = "", value] = typed.split(/=(.*)/s);
    const inline = value === undefined ? undefined : takesValue(name, options);
    if (inline === undefined) return optionCandidates(options);
    const completed = ofKind(inline.completes ?? "none", value ?? "", sources);
    if (completed.kind !== "candidates") return completed;
    return list(completed.candidates.map((one) => ({ ...one, value: `${name}=${one.value}` })));
  }
  const { arguments: known } = command;
  const last = known.at(-1);
  const repeats = last?.count === "some" || last?.count === "any";
  const argument = known[position] ?? (repeats ? last : undefined);
  return argument === undefined ? nothing : ofKind(argument.completes ?? "none", typed, sources);
};

const all = (words: readonly string[], sources: Sources): Completion => {
  const [name = "", ...rest] = words;
  if (rest.length === 0)
    return name.startsWith("-")
      ? optionCandidates([help, { name: "version", description: "print the version" }])
      : list(commandCandidates(sources));
  if (name === "help") return rest.length === 1 ? list(commandCandidates(sources)) : nothing;
  const command = sources.commands.find((one) => one.name === name);
  return command === undefined ? nothing : ofCommand(command, rest, sources);
};

/** Candidates that begin with what has been typed. */
export const complete = (words: readonly string[], sources: Sources): Completion => {
  const completion = all(words, sources);
  if (completion.kind !== "candidates") return completion;
  const typed = words.at(-1) ?? "";
  return list(completion.candidates.filter(({ value }) => value.startsWith(typed)));
};
