/**
 * Descriptors that whoever started us left open: a runtime waits for every holder of its hook's output, and an open
 * directory keeps a file system busy. Our own are close-on-exec, so what is not was inherited.
 */
import { closeSync, readdirSync, readFileSync } from "node:fs";

const O_CLOEXEC = 0o2000000;

const isInherited = (fd: number): boolean => {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
};

/** Closes all but 0, 1 and 2. */
export const closeInherited = (): void => {
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (fd <= 2 || !isInherited(fd)) continue;
    try {
      closeSync(fd);
    } catch {
      // It was the directory that we were just reading.
    }
  }
};
