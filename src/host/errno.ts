/** What a failed system call means, for a message: the names of the errnos that berth can meet. */
const names: Readonly<Record<number, string>> = {
  1: "EPERM: operation not permitted (is berth running as root?)",
  2: "ENOENT: no such file",
  3: "ESRCH: no such route",
  11: "EAGAIN: would block",
  13: "EACCES: permission denied",
  16: "EBUSY: busy",
  17: "EEXIST: it exists already",
  19: "ENODEV: no such interface",
  20: "ENOTDIR: not a directory",
  21: "EISDIR: is a directory",
  22: "EINVAL: invalid argument",
  24: "EMFILE: too many open files",
  28: "ENOSPC: no space left on the device",
  30: "EROFS: read-only file system",
  38: "ENOSYS: this kernel does not know the call",
  40: "ELOOP: too many symbolic links",
  95: "EOPNOTSUPP: not supported",
  99: "EADDRNOTAVAIL: no such address",
  100: "ENETDOWN: the interface is down",
  101: "ENETUNREACH: the network cannot be reached",
};

export const errnoText = (errno: number): string => names[errno] ?? `errno ${errno}`;

/** The message of whatever was thrown by a node:fs call, on one line. */
export const thrownText = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\s+/g, " ");

/** The `code` (`ENOENT`, …) of whatever was thrown by a node:fs call. */
export const thrownCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
