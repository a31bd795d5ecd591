/**
 * Asks the engines about a container that is not attached, so that the answer to a wrong word can say why: it is stopped, or it
 * has other networks, or nobody knows it. Not on the hook path.
 */
import * as z from "zod/mini";
import { thrownCode, thrownText } from "../host/errno.ts";
import { programPath } from "../host/run.ts";
import { type ContainerId, parseContainerId } from "../net/address.ts";

const limitMs = 5000;

export type Known = {
  readonly engine: "Docker" | "podman";
  readonly id: ContainerId;
  readonly name: string;
  /** The engine's word: `running`, `exited`, `created`, … */
  readonly status: string;
};

/** `unasked` is a sentence: an engine is installed here and could not be asked. */
export type Answer = { readonly known: Known | null; readonly unasked: string | null };

const unknown: Answer = { known: null, unasked: null };

const dockerContainer = z.object({ Id: z.string(), Name: z.string(), State: z.object({ Status: z.string() }) });

const dockerSocket = (): string => {
  const host = process.env["DOCKER_HOST"] ?? "";
  return host.startsWith("unix:///") ? host.slice("unix://".length) : "/var/run/docker.sock";
};

/** Docker Engine API, "Inspect a container": takes a name, an id, or the beginning of one. */
const askDocker = async (word: string): Promise<Answer> => {
  const socket = dockerSocket();
  const isInstalled = programPath("dockerd") !== undefined;
  const failed = (why: string): Answer => ({
    known: null,
    unasked: isInstalled ? `Docker was not asked: ${why}` : null,
  });
  try {
    const url = `http://docker/containers/${encodeURIComponent(word)}/json`;
    const response = await fetch(url, { unix: socket, signal: AbortSignal.timeout(limitMs) });
    if (response.status === 404) return unknown;
    if (!response.ok) return failed(`it answered ${response.status}`);
    const parsed = dockerContainer.safeParse(await response.json());
    const id = parsed.success ? parseContainerId(parsed.data.Id) : undefined;
    if (!parsed.success || id === undefined) return failed("its answer makes no sense");
    const { Name, State } = parsed.data;
    return { known: { engine: "Docker", id, name: Name.replace(/^\//, ""), status: State.Status }, unasked: null };
  } catch (thrown) {
    const code = thrownCode(thrown) ?? "";
    if (["FailedToOpenSocket", "ENOENT"].includes(code)) return failed(`there is nobody at ${socket}`);
    return failed(`${socket}: ${thrownText(thrown)}`);
  }
};

const podmanContainer = z.array(
  z.object({ Id: z.string(), Name: z.string(), State: z.object({ Status: z.string() }) }),
);

const askPodman = async (word: string): Promise<Answer> => {
  const program = programPath("podman");
  if (program === undefined) return unknown;
  // Not execa: what is in the executable is paid for at every start, used or not.
  const child = Bun.spawn([program, "container", "inspect", "--", word], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  const text = await new Response(child.stdout).text();
  await child.exited;
  if (child.signalCode === "SIGKILL")
    return { known: null, unasked: `podman did not answer within ${limitMs / 1000} s` };
  try {
    const [first] = podmanContainer.parse(JSON.parse(text));
    const id = first === undefined ? undefined : parseContainerId(first.Id);
    if (first === undefined || id === undefined) return unknown;
    return { known: { engine: "podman", id, name: first.Name, status: first.State.Status }, unasked: null };
  } catch {
    return unknown;
  }
};

/** A word that no engine would take for a name is not asked about. */
const couldBeName = (word: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,250}$/.test(word);

export const askEngines = async (word: string): Promise<Answer> => {
  if (!couldBeName(word)) return unknown;
  const answers = await Promise.all([askDocker(word), askPodman(word)]);
  return {
    known: answers.find(({ known }) => known !== null)?.known ?? null,
    unasked: answers.flatMap(({ unasked }) => unasked ?? []).join("; ") || null,
  };
};
