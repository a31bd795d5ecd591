/**
 * What an operator's command is: one value from which its parsing, its help, the man page and the shell completions all
 * come. The hooks' own commands are not among them (hookCommands.ts): they must start fast and take no options but the
 * three of arguments.ts.
 */
import type { Settings } from "../arguments.ts";

/** What a shell offers for a word; `none`: nothing. */
export type Completes = "none" | "container" | "network" | "file" | "directory" | "command" | readonly string[];

export type Argument = {
  /** As it stands in the usage line: `container`. */
  readonly name: string;
  readonly description: string;
  /** `one` (default), `optional`, `some` (one or more), `any` (none or more; what follows is taken as it is). */
  readonly count?: "one" | "optional" | "some" | "any";
  readonly completes?: Completes;
};

export type Option = {
  /** The long name without its dashes: `json`. */
  readonly name: string;
  /** One letter: `f` for `-f`. */
  readonly short?: string;
  /** What its value is called in the help; absent: a switch. */
  readonly value?: string;
  readonly description: string;
  readonly completes?: Completes;
};

/** A command as it was called: words in order; switches as `true`, values as text. */
export type Call = {
  readonly settings: Settings;
  readonly words: readonly string[];
  readonly has: (option: string) => boolean;
  readonly value: (option: string) => string | undefined;
};

export type OperatorCommand = {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Paragraphs of the help and the man page. */
  readonly description: readonly string[];
  readonly arguments: readonly Argument[];
  /** Beside those of every command (options.ts), of which one that is named here is described here. */
  readonly options: readonly Option[];
  /** Each a command line that has been run, and what it does. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** Options before the first word only: `berth route web1 add -net …` has words that begin with a dash. */
  readonly passThrough?: boolean;
  /** Called by programs only: not in the help. */
  readonly hidden?: boolean;
  /** The exit code: 0 done, 1 failed, 2 usage. What is heavy is imported inside. */
  readonly run: (call: Call) => Promise<number>;
};
