/** berth's commands as an operator calls them on a worker, with this lab's directories. */
import { writeFileSync } from "node:fs";
import { berthDirs, defaultConfig } from "./bundle.ts";
import { executable } from "./hook.ts";
import type { ExecOptions, Executed } from "./host.ts";
import { inLab } from "./inLab.ts";
import type { Lab, LabOptions } from "./lab.ts";

/** The three options by which berth finds this lab's files; the configuration need not exist. */
export const labOptions = (lab: Lab): readonly string[] => {
  const { runDir, stateDir, configFile } = berthDirs(lab);
  return ["--config", configFile, "--run-dir", runDir, "--state-dir", stateDir];
};

export const operate = (lab: Lab, words: readonly string[], options: ExecOptions = {}): Promise<Executed> => {
  const [name = "", ...args] = words;
  return lab.worker.execWith(options, executable, name, ...labOptions(lab), ...args);
};

/** The same; it must succeed, and say nothing on standard error. Returns standard output without the last newline. */
export const mustOperate = async (lab: Lab, ...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await operate(lab, words);
  if (code !== 0 || stderr !== "") throw new Error(`berth ${words.join(" ")}: exit code ${code}: ${stderr}`);
  return stdout;
};

/** A lab for the time of one test, with a configuration file and no keeper that starts by itself. */
export const withLab =
  (work: (lab: Lab) => Promise<void>, options: LabOptions = {}) =>
  (): Promise<void> =>
    inLab(options, async (lab) => {
      writeFileSync(berthDirs(lab).configFile, defaultConfig);
      await work(lab);
    });
