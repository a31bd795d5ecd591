/** Runs an engine's or a runtime's own command and reads the JSON that it prints. */
import { programPath } from "../host/run.ts";
import { engineLimitMs } from "./known.ts";

export type Printed = {
  /** Parsed, not checked; undefined: none was printed. */
  readonly value: unknown;
  readonly stderr: string;
  /** It did not end within the limit. */
  readonly late: boolean;
};

/** Null: the program is not installed. Not execa: what is in the executable is paid for at every start, used or not. */
export const askProgram = async (name: string, args: readonly string[]): Promise<Printed | null> => {
  const program = programPath(name);
  if (program === undefined) return null;
  const child = Bun.spawn([program, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: engineLimitMs,
    killSignal: "SIGKILL",
  });
  const [text, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  const late = child.signalCode === "SIGKILL";
  try {
    return { value: JSON.parse(text), stderr, late };
  } catch {
    return { value: undefined, stderr, late };
  }
};
