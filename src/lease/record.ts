/**
 * The record of an attachment: all there is to know of one interface of one container, in one small JSON file
 * (`<run-dir>/attachments/<container-id>/<ifname>.json`). Whoever has the record can release the lease and delete the
 * port; nothing else is needed, neither the bundle nor the container.
 */
import { err, ok, type Result } from "neverthrow";
import * as z from "zod/mini";
import {
  type Cidr,
  type ContainerId,
  type Hostname,
  type Ifname,
  type Ipv4,
  type Ipv6,
  type Mac,
  parseCidr,
  parseContainerId,
  parseHostname,
  parseIfname,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "../net/address.ts";

/** A string that `parse` turns into one of our types, canonical form only. */
const word = <T extends string>(parse: (text: string) => T | undefined) =>
  z.custom<T>((value) => typeof value === "string" && parse(value) === value);

/** Made at its first use: a hook that finds no record needs none, and it costs a millisecond. */
const makeSchema = () => {
  const ipv4 = word<Ipv4>(parseIpv4);
  const cidr = word<Cidr>(parseCidr);
  const address = z.union([ipv4, word<Ipv6>(parseIpv6)]);
  const route = z.object({ to: cidr, via: z.nullable(address) });
  const hostname = word<Hostname>(parseHostname);
  const ifname = word<Ifname>(parseIfname);
  const path = z.string().check(z.maxLength(4096));
  const seconds = z.int().check(z.minimum(0), z.maximum(0xffffffff));

  const leaseSchema = z.object({
    address: ipv4,
    prefix: z.int().check(z.minimum(1), z.maximum(32)),
    routes: z.array(route),
    dns: z.array(address),
    domain: z.nullable(hostname),
    search: z.array(hostname),
    mtu: z.nullable(z.int().check(z.minimum(68), z.maximum(65535))),
    leaseSeconds: seconds,
    // Not whole for a lease of one or two.
    t1Seconds: z.number().check(z.minimum(0), z.maximum(0xffffffff)),
    t2Seconds: z.number().check(z.minimum(0), z.maximum(0xffffffff)),
    server: ipv4,
  });

  return z.object({
    version: z.literal(1),
    id: word<ContainerId>(parseContainerId),
    ifname,
    network: z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,32}$/)),
    driver: z.literal("linux"),
    bridge: ifname,
    port: ifname,
    /**
     * `acquiring`: a lease may have been granted and not yet recorded; `bound`: everything below is live; `lost`: the lease
     * ended before it could be renewed, and the keeper asks for another; `released`: an operator gave it back.
     */
    state: z.enum(["acquiring", "bound", "lost", "released"]),
    /**
     * The container's process and its start time in clock ticks since boot: together they are one process. Null where a
     * namespace without a process was attached.
     */
    pid: z.nullable(z.int().check(z.minimum(1))),
    pidStart: z.nullable(z.int().check(z.minimum(0))),
    /** Without a process: by which path somebody keeps the namespace. */
    netnsPath: z._default(z.nullable(path), null),
    /** Inode of the network namespace, decimal. */
    netns: z.string().check(z.regex(/^\d{1,20}$/)),
    mac: word<Mac>(parseMac),
    /** Option 61 as it was sent, hex; null: none was. */
    clientId: z.nullable(z.string().check(z.regex(/^(?:[0-9a-f]{2}){1,255}$/))),
    identity: z.nullable(z.string().check(z.maxLength(512))),
    /** What its engine called the container when it was attached; null: the engine did not say. */
    name: z._default(z.nullable(z.string().check(z.regex(/^[\x21-\x7e]{1,256}$/))), null),
    hostname: z.nullable(hostname),
    addresses: z.array(cidr),
    routes: z.array(route),
    dns: z.array(address),
    search: z.array(hostname),
    /** The lease, with DHCP; null with static addressing and before the ACK. */
    lease: z.nullable(leaseSchema),
    /** What was last asked for: a lease for it may exist although no ACK was seen. */
    requested: z.nullable(z.object({ address: ipv4, server: z.nullable(ipv4) })),
    /**
     * What is on the interface beside, or in the place of, the above: written before an exchange of addresses and emptied
     * after it, so that whoever finds it can finish.
     */
    replacing: z.nullable(z.object({ addresses: z.array(cidr), routes: z.array(route) })),
    /** When the ACK came, in milliseconds since boot (CLOCK_BOOTTIME) and since the epoch. */
    boundAtBootMs: z.nullable(z.number()),
    boundAtMs: z.nullable(z.number()),
    /** How long the attachment took from the start of the hook, in milliseconds; null before it is bound. */
    tookMs: z.nullable(z.number()),
    /** Files of the container that we wrote. */
    files: z.array(z.enum(["/etc/resolv.conf", "/etc/hosts"])),
    /** Where those files are; null: nobody's files are to be written. */
    root: z.nullable(
      z.object({
        bundle: path,
        rootfs: path,
        mounts: z.array(z.object({ destination: path, source: z.nullable(path) })),
      }),
    ),
    /** What the network's configuration said when the container was attached, as far as a later lease needs it. */
    wanted: z.object({
      dhcp: z.boolean(),
      sendHostname: z.boolean(),
      conflictDetection: z.boolean(),
      rapidCommit: z.boolean(),
      /** Bytes, of the link. */
      mtu: z.int().check(z.minimum(68), z.maximum(65535)),
      /** Where the server names none. */
      dns: z.array(address),
      search: z.array(hostname),
      resolvConf: z.boolean(),
      hosts: z.boolean(),
      /** False: the container had a default route of somebody else's when it was attached, which stays. */
      defaultRoute: z._default(z.boolean(), true),
    }),
  });
};

let made: ReturnType<typeof makeSchema> | undefined;
const recordSchema = (): ReturnType<typeof makeSchema> => {
  made ??= makeSchema();
  return made;
};

export type AttachmentRecord = z.infer<ReturnType<typeof makeSchema>>;

export type RecordDefect = { readonly kind: "record"; readonly what: string };

/** Parses the text of a record; the defect says which field is wrong. */
export const parseRecord = (text: string): Result<AttachmentRecord, RecordDefect> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err({ kind: "record", what: "it is not JSON" });
  }
  const parsed = recordSchema().safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return err({ kind: "record", what: `${issue?.path.join(".") || "the top level"}: ${issue?.message ?? "invalid"}` });
};
