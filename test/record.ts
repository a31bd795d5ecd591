/** A record for tests that need one and no container. */
import type { AttachmentRecord } from "../src/lease/record.ts";
import { parseRecord } from "../src/lease/record.ts";
import { outcomeOf } from "./outcome.ts";

const lease = {
  address: "10.0.0.21",
  prefix: 24,
  routes: [{ to: "0.0.0.0/0", via: "10.0.0.1" }],
  dns: ["10.100.64.9", "10.100.66.9"],
  domain: null,
  search: [],
  mtu: null,
  leaseSeconds: 3600,
  t1Seconds: 1800,
  t2Seconds: 3150,
  server: "10.0.0.1",
};

const whole = {
  version: 1,
  id: "web1",
  ifname: "eth0",
  network: "default",
  driver: "linux",
  bridge: "br0",
  port: "bt3f9a01c2",
  state: "bound",
  pid: 1,
  pidStart: 0,
  netns: "4026531840",
  mac: "02:00:00:15:aa:bb",
  clientId: "0102000015aabb",
  identity: null,
  name: null,
  hostname: null,
  addresses: ["10.0.0.21/24"],
  routes: lease.routes,
  dns: lease.dns,
  search: [],
  lease,
  requested: null,
  replacing: null,
  boundAtBootMs: 1_000_000,
  boundAtMs: 1_700_000_000_000,
  tookMs: 25,
  files: [],
  root: null,
  wanted: {
    dhcp: true,
    sendHostname: true,
    conflictDetection: false,
    rapidCommit: false,
    mtu: 1500,
    dns: [],
    search: [],
    resolvConf: true,
    hosts: true,
  },
};

/** A bound record of a container `web1` with a lease of an hour, and `changes` in it. It is parsed as one from the disk. */
export const someRecord = (changes: Readonly<Record<string, unknown>> = {}): AttachmentRecord =>
  outcomeOf(parseRecord(JSON.stringify({ ...whole, ...changes })));

/** The same without a name of the engine's, as a version before that wrote it. */
export const textWithoutName = (): string => {
  const { name: _, ...older } = whole;
  return JSON.stringify(older);
};
