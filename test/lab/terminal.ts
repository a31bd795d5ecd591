/** A real terminal (a pty, by script(1)) of a given size, and what a command writes to it. */
import type { Executed, Host } from "./host.ts";

export type TerminalOptions = {
  readonly columns: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
};

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs a command to its end. Its output is everything that it wrote, standard error too, with `\n` at the end of lines. */
export const onTerminal = async (
  host: Host,
  { columns, rows = 40, env = {} }: TerminalOptions,
  words: readonly string[],
): Promise<Executed> => {
  const command = `stty cols ${columns} rows ${rows}; exec ${words.map(quoted).join(" ")}`;
  const ran = await host.execWith(
    { env: { TERM: "xterm-256color", LC_ALL: "C.UTF-8", ...env } },
    "script",
    ...["-q", "-e", "-c", command, "/dev/null"],
  );
  return { ...ran, stdout: ran.stdout.replaceAll("\r\n", "\n") };
};

/** Without the sequences that colour. */
export const withoutColour = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, "");
