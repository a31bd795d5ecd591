/**
 * The few system calls that Bun has no interface for, by way of `bun:ffi`. No other file uses ffi.
 *
 * ffi resolves a bare library name in the **working directory** when the loader does not know it, so nothing is opened
 * before `chdir("/")` (src/main.ts does that first; `open` does it again). Sources: the man pages of section 2 and 3.
 */
import { dlopen, FFIType, ptr, read } from "bun:ffi";
import { chdir } from "node:process";

const symbols = {
  setns: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  unshare: { args: [FFIType.i32], returns: FFIType.i32 },
  flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  sendto: {
    args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32],
    returns: FFIType.i64,
  },
  recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
  bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  setsockopt: { args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  if_nametoindex: { args: [FFIType.ptr], returns: FFIType.u32 },
  close: { args: [FFIType.i32], returns: FFIType.i32 },
  execve: { args: [FFIType.ptr, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
  clock_gettime: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
  poll: { args: [FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i32 },
  syscall: {
    args: [FFIType.i64, FFIType.i64, FFIType.ptr, FFIType.ptr, FFIType.u64],
    returns: FFIType.i64,
  },
  __errno_location: { args: [], returns: FFIType.ptr },
} as const;

const open = () => {
  chdir("/");
  return dlopen("libc.so.6", symbols).symbols;
};

let opened: ReturnType<typeof open> | undefined;
const libc = () => {
  opened ??= open();
  return opened;
};

/** The calling thread's errno, to be read directly after a failed call. */
const errno = (): number => {
  const location = libc().__errno_location();
  return location === null ? 0 : read.i32(location, 0);
};

/** 0 for success, else the errno. */
const outcome = (returned: number | bigint): number => (returned < 0 ? errno() : 0);

const cString = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

export const CLONE_NEWNET = 0x40000000;
export const LOCK_EX_NB = 2 | 4;
export const LOCK_SH_NB = 1 | 4;

/** setns(2) of the calling thread. Returns 0 or an errno. */
export const setns = (fd: number, kind: number): number => outcome(libc().setns(fd, kind));

/** unshare(2) of the calling thread. Returns 0 or an errno. */
export const unshare = (kind: number): number => outcome(libc().unshare(kind));

/** flock(2). Returns 0 or an errno (EWOULDBLOCK is 11). */
export const flock = (fd: number, operation: number): number => outcome(libc().flock(fd, operation));

const POLLIN = 1;

/** poll(2) on one descriptor for input or its end: true where a read would not block, false after `limitMs`. */
export const waitReadable = (fd: number, limitMs: number): boolean => {
  const entry = new Int32Array([fd, POLLIN]);
  return libc().poll(ptr(entry), 1, Math.max(0, Math.ceil(limitMs))) !== 0;
};

const CLOCK_BOOTTIME = 7;
const timespec = new BigInt64Array(2);

/** Milliseconds since boot, suspend included (clock_gettime(2)). */
export const bootTimeMs = (): number => {
  libc().clock_gettime(CLOCK_BOOTTIME, ptr(timespec));
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1_000_000;
};

const SYS_OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;

/**
 * openat2(2) with RESOLVE_IN_ROOT: `path` is resolved as if `root` were `/`, symbolic links included, so that no link
 * inside a container's rootfs leads out of it. Flags are those of open(2); O_CLOEXEC is added.
 * Returns a descriptor, or the errno negated (-38 ENOSYS before Linux 5.6).
 */
export const openInRoot = (root: number, path: string, flags: number, mode: number): number => {
  const how = new BigUint64Array([
    BigInt(flags | 0o2000000),
    BigInt(mode),
    BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS),
  ]);
  const name = cString(path);
  const fd = Number(libc().syscall(SYS_OPENAT2, root, ptr(name), ptr(how), how.byteLength));
  return fd < 0 ? -errno() : fd;
};

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC_NONBLOCK = 2 | 0o2000000 | 0o4000;

/** One datagram to a Unix socket, never blocking (syslog's /dev/log). Returns 0 or an errno. */
export const sendUnixDatagram = (path: string, payload: Uint8Array): number => {
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM_CLOEXEC_NONBLOCK, 0);
  if (fd < 0) return errno();
  const address = new Uint8Array(110);
  address[0] = AF_UNIX;
  address.set(cString(path).subarray(0, 107), 2);
  const result = outcome(libc().sendto(fd, ptr(payload), payload.byteLength, 0, ptr(address), address.byteLength));
  libc().close(fd);
  return result;
};

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const ETH_P_ARP = 0x0806;
const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

/** Whole Ethernet frames with ARP in them, on one interface (packet(7)). Nothing blocks. */
export type ArpSocket = {
  readonly send: (frame: Uint8Array) => number;
  /** The next frame; null: none is there. */
  readonly receive: () => Uint8Array | null;
  readonly close: () => void;
};

/** An ARP socket on an interface of the namespace that the calling thread is in; an errno where that fails. */
export const openArpSocket = (ifname: string): ArpSocket | number => {
  const index = libc().if_nametoindex(ptr(cString(ifname)));
  if (index === 0) return errno();
  const fd = libc().socket(AF_PACKET, SOCK_RAW_CLOEXEC_NONBLOCK, swap16(ETH_P_ARP));
  if (fd < 0) return errno();
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_ARP);
  address.setInt32(4, index, true);
  const bound = outcome(libc().bind(fd, ptr(new Uint8Array(address.buffer)), 20));
  if (bound !== 0) {
    libc().close(fd);
    return bound;
  }
  const buffer = new Uint8Array(2048);
  return {
    send: (frame) => outcome(libc().sendto(fd, ptr(frame), frame.byteLength, 0, null, 0)),
    receive: () => {
      const got = Number(libc().recv(fd, ptr(buffer), buffer.byteLength, 0));
      return got > 0 ? buffer.slice(0, got) : null;
    },
    close: () => {
      libc().close(fd);
    },
  };
};

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

/**
 * A socket for requests to the routing of the namespace that the calling thread is in, wherever it is used. A refusal comes with
 * the kernel's reason, and without the request. Negative: an errno.
 */
export const openRoutingSocket = (): number => {
  const fd = libc().socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -errno();
  const on = ptr(new Int32Array([1]));
  for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) libc().setsockopt(fd, SOL_NETLINK, option, on, 4);
  return fd;
};

/**
 * One request that the kernel answers (NLM_F_ACK, or one object). It does so before sendto(2) returns, so nothing is waited for.
 * Returns the answer, one netlink message or more (netlink(7)), or an errno.
 */
export const askRouting = (fd: number, message: Uint8Array): DataView | number => {
  const kernel = new Uint8Array(12);
  kernel[0] = AF_NETLINK;
  const sent = outcome(libc().sendto(fd, ptr(message), message.byteLength, 0, ptr(kernel), kernel.byteLength));
  if (sent !== 0) return sent;
  const answer = new Uint8Array(16384);
  const got = Number(libc().recv(fd, ptr(answer), answer.byteLength, 0));
  return got < 0 ? errno() : new DataView(answer.buffer, 0, got);
};

export const closeDescriptor = (fd: number): void => {
  libc().close(fd);
};

/** The addresses of C strings, with a null at the end; `keep` holds them alive. */
const stringArray = (texts: readonly string[], keep: Uint8Array[]): BigUint64Array =>
  BigUint64Array.from([
    ...texts.map((text) => {
      const bytes = cString(text);
      keep.push(bytes);
      return BigInt(ptr(bytes));
    }),
    0n,
  ]);

/** execve(2): this process begins anew as `path`. Returns an errno where that fails, else not at all. */
export const replaceProcess = (
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): number => {
  const keep: Uint8Array[] = [];
  const argv = stringArray(args, keep);
  const envp = stringArray(
    Object.entries(env).map(([name, value]) => `${name}=${value}`),
    keep,
  );
  libc().execve(ptr(cString(path)), ptr(argv), ptr(envp));
  return errno();
};
