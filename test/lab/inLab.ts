/** A lab for the time of one test. */
import { type Lab, type LabOptions, makeLab } from "./lab.ts";

export const inLab = async (options: LabOptions, work: (lab: Lab) => Promise<void>): Promise<void> => {
  const lab = await makeLab(options);
  try {
    await work(lab);
  } finally {
    await lab.destroy();
  }
};
