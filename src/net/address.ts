/**
 * The words of a network as types that cannot do harm: an address, a prefix, a MAC, an interface name, a host name.
 *
 * Everything from outside (annotations, packets, files, command output) becomes one of these at the edge, so that what
 * reaches an `ip -batch` line, a path or a file needs no second look. All are plain strings in canonical form.
 */
declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Dotted quad in canonical form, `10.0.0.5`. */
export type Ipv4 = Brand<string, "Ipv4">;
/** An IPv6 address in text form without a zone. */
export type Ipv6 = Brand<string, "Ipv6">;
/** Address and prefix length of either family, `10.0.0.5/24`. */
export type Cidr = Brand<string, "Cidr">;
/** Six lower-case hex octets, `02:00:00:aa:bb:cc`. */
export type Mac = Brand<string, "Mac">;
/** A Linux interface name: 1–15 characters of `[A-Za-z0-9_.-]`, neither `.` nor `..`, not starting with `-`. */
export type Ifname = Brand<string, "Ifname">;
/** An RFC 1123 host or domain name: dot-separated labels of letters, digits and hyphens, at most 253 octets. */
export type Hostname = Brand<string, "Hostname">;
/** A container id that is safe as one path component: 1–200 characters of `[A-Za-z0-9_+.-]`, neither `.` nor `..`. */
export type ContainerId = Brand<string, "ContainerId">;

// node:net has isIP, and takes two milliseconds to load, which every container's start would pay.
const octet = /^(?:0|[1-9][0-9]{0,2})$/;
const isIpv4 = (text: string): boolean => {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => octet.test(part) && Number(part) <= 255);
};

/** How many of the eight 16-bit groups a colon-separated run stands for; NaN where one is malformed. */
const groupsIn = (run: string, mayEndInIpv4: boolean): number => {
  if (run === "") return 0;
  const parts = run.split(":");
  const last = parts.at(-1) ?? "";
  const embedded = mayEndInIpv4 && isIpv4(last);
  const plain = embedded ? parts.slice(0, -1) : parts;
  return plain.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part)) ? plain.length + (embedded ? 2 : 0) : Number.NaN;
};

/** RFC 4291 §2.2: eight groups, or fewer with one `::` in the place of at least one. */
const isIpv6 = (text: string): boolean => {
  const [before = "", after, ...more] = text.split("::");
  if (more.length > 0) return false;
  if (after === undefined) return groupsIn(before, true) === 8;
  return groupsIn(before, false) + groupsIn(after, true) <= 7;
};

/** A dotted quad without leading zeros; undefined for anything else. */
export const parseIpv4 = (text: string): Ipv4 | undefined => (isIpv4(text) ? (text as Ipv4) : undefined);

export const parseIpv6 = (text: string): Ipv6 | undefined => (isIpv6(text) ? (text.toLowerCase() as Ipv6) : undefined);

export const parseCidr = (text: string): Cidr | undefined => {
  const match = /^([0-9a-fA-F.:]{2,45})\/(0|[1-9][0-9]{0,2})$/.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  const most = isIpv4(match[1]) ? 32 : isIpv6(match[1]) ? 128 : -1;
  return Number(match[2]) <= most ? (text.toLowerCase() as Cidr) : undefined;
};

/** Six octets separated by `:` or `-`; the result is lower case with `:`. Says nothing about multicast: see isUnicast. */
export const parseMac = (text: string): Mac | undefined =>
  /^[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(?:\1[0-9a-fA-F]{2}){4}$/.test(text)
    ? (text.toLowerCase().replaceAll("-", ":") as Mac)
    : undefined;

/** A MAC that an interface may carry: not multicast, not all zeros. */
export const isUnicast = (mac: Mac): boolean =>
  (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== "00:00:00:00:00:00";

export const parseIfname = (text: string): Ifname | undefined =>
  /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}$/.test(text) && text !== "." && text !== ".." ? (text as Ifname) : undefined;

export const parseHostname = (text: string): Hostname | undefined => {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  if (name.length === 0 || name.length > 253) return undefined;
  const fine = name.split(".").every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
  return fine ? (name as Hostname) : undefined;
};

export const parseContainerId = (text: string): ContainerId | undefined =>
  /^[A-Za-z0-9_+.-]{1,200}$/.test(text) && text !== "." && text !== ".." ? (text as ContainerId) : undefined;

export const macFromBytes = (bytes: Uint8Array): Mac =>
  Array.from(bytes.subarray(0, 6), (b) => b.toString(16).padStart(2, "0")).join(":") as Mac;

export const macToBytes = (mac: Mac): Uint8Array =>
  Uint8Array.from(mac.split(":"), (part) => Number.parseInt(part, 16));

export const ipv4FromBytes = (bytes: Uint8Array): Ipv4 => Array.from(bytes.subarray(0, 4)).join(".") as Ipv4;

export const ipv4ToBytes = (address: Ipv4): Uint8Array => Uint8Array.from(address.split("."), Number);

/** Four bytes, or sixteen. */
export const ipToBytes = (address: Ipv4 | Ipv6): Uint8Array => {
  if (!address.includes(":")) return ipv4ToBytes(address as Ipv4);
  const [before = "", after] = address.split("::");
  const groups = (run: string): readonly number[] =>
    run === ""
      ? []
      : run.split(":").flatMap((group) => {
          if (!group.includes(".")) return [Number.parseInt(group, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = ipv4ToBytes(group as Ipv4);
          return [(a << 8) | b, (c << 8) | d];
        });
  const [first, last] = [groups(before), groups(after ?? "")];
  const zeros = Array<number>(8 - first.length - last.length).fill(0);
  return Uint8Array.from([...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 0xff]));
};

/** Address as an unsigned 32-bit number, network byte order read left to right. */
export const ipv4ToNumber = (address: Ipv4): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

export const ipv4FromNumber = (value: number): Ipv4 =>
  [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".") as Ipv4;

export const netmask = (prefix: number): number => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);

/** Length of a contiguous netmask; undefined where the ones are not contiguous. */
export const prefixOfMask = (mask: Ipv4): number | undefined => {
  const value = ipv4ToNumber(mask);
  for (let prefix = 0; prefix <= 32; prefix += 1) if (netmask(prefix) === value) return prefix;
  return undefined;
};

/** True where `address` lies in `network/prefix`. */
export const inPrefix = (address: Ipv4, network: Ipv4, prefix: number): boolean =>
  (ipv4ToNumber(address) & netmask(prefix)) >>> 0 === (ipv4ToNumber(network) & netmask(prefix)) >>> 0;

/** An address that one host can have: not 0/8, 127/8, multicast, class E or 255.255.255.255. */
export const isHostAddress = (address: Ipv4): boolean => {
  const first = Number(address.split(".")[0]);
  return first !== 0 && first !== 127 && first < 224;
};
