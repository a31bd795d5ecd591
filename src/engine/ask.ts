/** Which container does a word mean to the engines and runtimes that are installed here? */
import { askDocker } from "./askDocker.ts";
import { askPodman } from "./askPodman.ts";
import { askRuntimes } from "./askRuntimes.ts";
import { type Answer, nobody } from "./known.ts";

/** A word that no engine would take for a name is not asked about. */
const couldBeName = (word: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_+.-]{0,250}$/.test(word);

/** An engine knows its containers better than the runtime that it has them made by. */
export const askEngines = async (word: string, runtimeRoot: string | null = null): Promise<Answer> => {
  if (!couldBeName(word)) return nobody;
  const answers = await Promise.all([askDocker(word), askPodman(word), askRuntimes(word, runtimeRoot)]);
  return {
    known: answers.find(({ known }) => known.length > 0)?.known ?? [],
    unasked: answers.flatMap(({ unasked }) => unasked ?? []).join("; ") || null,
  };
};
