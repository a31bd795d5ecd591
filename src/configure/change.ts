/** What `berth configure` is about to do: files with another text, and what a person has to do afterwards. */
export type Change = {
  readonly file: string;
  /** Null: there is no such file. */
  readonly before: string | null;
  /** Null: the file goes. */
  readonly after: string | null;
};

export type Changes = {
  readonly changes: readonly Change[];
  /** Sentences: what was decided on the way. */
  readonly notes: readonly string[];
  /** What makes the engine take notice; null: it looks by itself. */
  readonly next: string | null;
};

/** What the command line asks for, in types that cannot be wrong. */
export type Wish = {
  /** Prefix of every file, for images and tests; "" on the host itself. */
  readonly root: string;
  /** The runtime's name in the engine's configuration; `[A-Za-z0-9_.-]`. */
  readonly name: string;
  readonly remove: boolean;
  readonly setAsDefault: boolean;
  /** Another file (or hooks directory) than the engine's own. */
  readonly configFile: string | null;
  /** Where berth is: its executable, and the shim beside it. */
  readonly executable: string;
  readonly shim: string;
  /** `--config F` and the like, as they were given. */
  readonly settings: readonly string[];
  readonly stateDir: string;
};

/** Only those that change anything. */
export const realChanges = ({ changes }: Changes): readonly Change[] =>
  changes.filter(({ before, after }) => before !== after);
