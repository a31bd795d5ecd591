/** What a failed system call means, for a message: the names of the errnos that berth can meet. */
const names: Readonly<Record<number, string>> = {
  1: "EPERM: operation not permitted (is berth running as root?)",
  2: "ENOENT: no such file",
  11: "EAGAIN: would block",
  13: "EACCES: permission denied",
  17: "EEXIST: it exists already",
  20: "ENOTDIR: not a directory",
  21: "EISDIR: is a directory",
  22: "EINVAL: invalid argument",
  24: "EMFILE: too many open files",
  28: "ENOSPC: no space left on the device",
  30: "EROFS: read-only file system",
  38: "ENOSYS: this kernel does not know the call",
  40: "ELOOP: too many symbolic links",
};

export const errnoText = (errno: number): string => names[errno] ?? `errno ${errno}`;

/** The message of whatever was thrown by a node:fs call, on one line. */
export const thrownText = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\s+/g, " ");

/** The `code` (`ENOENT`, …) of whatever was thrown by a node:fs call. */
export const thrownCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
