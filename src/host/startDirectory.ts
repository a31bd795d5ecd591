/**
 * Where this process was started. It leaves that directory at once, because whoever starts a container chooses it and
 * nothing is to be looked up in it; but a file that a person names is meant to be there.
 */
import { chdir, cwd } from "node:process";

let directory = "/";

export const leaveStartDirectory = (): void => {
  try {
    directory = cwd();
  } catch {
    // It has been removed.
  }
  chdir("/");
};

/** The absolute path of a file that was named on the command line. */
export const fromStartDirectory = (path: string): string => (path.startsWith("/") ? path : `${directory}/${path}`);
