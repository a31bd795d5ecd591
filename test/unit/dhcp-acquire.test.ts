/**
 * The acquisition loop over a transport that is a function: what the caller gets, and that nothing is left running.
 */
import { err, ok } from "neverthrow";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type AcquireOptions, acquireOver, type Transport } from "../../src/dhcp/acquire.ts";
import { acquireErrorText } from "../../src/dhcp/errorText.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/dhcp/message.ts";
import { requestedAddress, serverId, subnetMask } from "../../src/dhcp/options/address.ts";
import { clientIdentifier } from "../../src/dhcp/options/bytes.ts";
import { leaseTime } from "../../src/dhcp/options/integer.ts";
import { type MessageType, messageType } from "../../src/dhcp/options/messageType.ts";
import { entry, read } from "../../src/dhcp/options/option.ts";
import { messageText } from "../../src/dhcp/options/text.ts";
import { buildDecline, buildRelease } from "../../src/dhcp/release.ts";
import type { Hostname, Ipv4, Mac } from "../../src/net/address.ts";
import { errorOf, outcomeOf } from "../outcome.ts";

const SERVER = "10.0.0.2" as Ipv4;
const ADDRESS = "10.0.0.7" as Ipv4;
const MAC = "02:00:00:aa:bb:cc" as Mac;

type Answer = (type: MessageType, request: Message) => MessageType | null;

const FULL = [entry(serverId, SERVER), entry(subnetMask, "255.255.255.0" as Ipv4), entry(leaseTime, 3600)];

/** A server that answers at once, with these options; `log` is what it was asked. */
const serving = (answer: Answer, options: readonly (readonly [number, Uint8Array])[] = FULL) => {
  const log: MessageType[] = [];
  let take: (bytes: Uint8Array, from: Ipv4) => void = () => {};
  const transport: Transport = {
    onDatagram: (taker) => {
      take = taker;
    },
    send: (bytes) => {
      const request = decodeMessage(bytes)._unsafeUnwrap();
      const asked = read(request.options, messageType) ?? "INFORM";
      log.push(asked);
      const type = answer(asked, request);
      if (type === null) return ok(undefined);
      const all = new Map<number, Uint8Array>([entry(messageType, type), entry(messageText, "go away"), ...options]);
      const reply = encodeMessage({ ...request, op: "BOOTREPLY", yiaddr: ADDRESS, options: all });
      queueMicrotask(() => take(new Uint8Array(3), SERVER));
      queueMicrotask(() => take(reply, SERVER));
      return ok(undefined);
    },
  };
  return { transport, log };
};

const options = (changes: Partial<AcquireOptions> & { readonly limitMs?: number } = {}): AcquireOptions => {
  const { limitMs = 120, ...rest } = changes;
  return {
    mac: MAC,
    hostname: "web" as Hostname,
    settings: {
      timeoutMs: 1000,
      clientId: { kind: "mac" },
      sendHostname: true,
      conflictDetection: false,
      rapidCommit: false,
    },
    clientId: null,
    requestedAddress: null,
    deadline: performance.now() + limitMs,
    alive: () => null,
    signal: new AbortController().signal,
    random: Math.random,
    ...rest,
  };
};

const usual: Answer = (type) => (type === "DISCOVER" ? "OFFER" : type === "REQUEST" ? "ACK" : null);
const silent: Answer = () => null;

test("a lease, and who was asked for it before the REQUEST left", async () => {
  const asked: string[] = [];
  const { transport, log } = serving(usual);
  const onRequest = (address: Ipv4, server: Ipv4 | null) => {
    asked.push(`${address} ${server} after ${log.join()}`);
  };
  const acquired = (await acquireOver(transport, options({ onRequest })))._unsafeUnwrap();
  assert.equal([acquired.lease.address, acquired.exchange], [ADDRESS, "discover"]);
  assert.ok(Math.abs(performance.now() - acquired.ackedAt) < 100);
  assert.equal(asked, [`${ADDRESS} ${SERVER} after DISCOVER`]);
});

test("a remembered address is had in one exchange", async () => {
  const { transport, log } = serving(usual);
  const acquired = (await acquireOver(transport, options({ requestedAddress: ADDRESS })))._unsafeUnwrap();
  assert.is(acquired.exchange, "init-reboot");
  assert.equal(log, ["REQUEST"]);
});

test("a host name is not sent where the settings say so", async () => {
  const seen: boolean[] = [];
  const { transport } = serving((type, request) => {
    seen.push(request.options.has(12));
    return usual(type, request);
  });
  const { settings } = options();
  await acquireOver(transport, options({ settings: { ...settings, sendHostname: false } }));
  await acquireOver(transport, options());
  assert.equal(seen, [false, false, true, true]);
});

test("silence: no offer, and nothing to release", async () => {
  const error = (await acquireOver(serving(silent).transport, options()))._unsafeUnwrapErr();
  assert.equal(error, { kind: "no-offer", discovers: 1, requests: 0, maybeLease: null });
  assert.match(acquireErrorText(error), "no DHCP server offered an address (1 DISCOVER sent): is a server reachable");
});

test("silence on the remembered address, and little time: a DISCOVER goes out all the same, and all is told that was sent", async () => {
  const { transport, log } = serving(silent);
  const asking = options({ requestedAddress: ADDRESS, limitMs: 600 });
  const error = errorOf(await acquireOver(transport, asking));
  assert.equal(log, ["REQUEST", "REQUEST", "DISCOVER"]);
  assert.match(acquireErrorText(error), "(2 REQUESTs for the address of last time and 1 DISCOVER sent)");
});

test("a server that passes over the remembered address in silence still grants one within half a second", async () => {
  const { transport } = serving((type, request) => {
    if (type === "REQUEST" && !request.options.has(serverId.code)) return null;
    return usual(type, request);
  });
  const acquired = outcomeOf(await acquireOver(transport, options({ requestedAddress: ADDRESS, limitMs: 500 })));
  assert.is(acquired.exchange, "discover");
});

test("only bad offers: server, address and reason are told", async () => {
  const { transport } = serving(
    usual,
    FULL.filter(([code]) => code !== 1),
  );
  const error = (await acquireOver(transport, options()))._unsafeUnwrapErr();
  const reasons = [{ message: "OFFER", server: SERVER, address: ADDRESS, defect: { kind: "no-mask" } }];
  assert.equal(error, { kind: "only-bad-offers", reasons, maybeLease: null });
});

test("an offer without an ACK tells what may have been granted", async () => {
  const { transport } = serving((type) => (type === "DISCOVER" ? "OFFER" : null));
  const error = (await acquireOver(transport, options()))._unsafeUnwrapErr();
  assert.equal(error, {
    kind: "no-ack",
    server: SERVER,
    address: ADDRESS,
    maybeLease: { address: ADDRESS, server: SERVER },
  });
});

test("refusals are counted, with the server's words", async () => {
  const { transport } = serving((type) => (type === "DISCOVER" ? "OFFER" : "NAK"));
  const error = (await acquireOver(transport, options({ limitMs: 60 })))._unsafeUnwrapErr();
  assert.equal(error, { kind: "nak", server: SERVER, text: "go away", count: 2, maybeLease: null });
});

test("an address in use is declined", async () => {
  const { transport, log } = serving(usual);
  const error = (await acquireOver(transport, options({ limitMs: 60, probe: async () => true })))._unsafeUnwrapErr();
  assert.equal([error.kind, error.maybeLease], ["conflict", null]);
  assert.ok(log.includes("DECLINE"));
});

test("a free address is bound after the probe; a probe that never ends is ended, and one that fails too", async () => {
  const { transport } = serving(usual);
  assert.ok((await acquireOver(transport, options({ probe: async () => false }))).isOk());
  const endless = (await acquireOver(transport, options({ probe: () => new Promise(() => {}) })))._unsafeUnwrapErr();
  assert.equal([endless.kind, endless.maybeLease], ["probe-unfinished", { address: ADDRESS, server: SERVER }]);
  const failing = await acquireOver(transport, options({ probe: () => Promise.reject(new Error("no ARP")) }));
  assert.is(failing._unsafeUnwrapErr().kind, "aborted");
});

test("where nothing could be sent the system's error is told, and there is nothing to release", async () => {
  const transport: Transport = {
    onDatagram: () => {},
    send: () => err({ code: "ENETUNREACH", message: "network is unreachable" }),
  };
  const error = (await acquireOver(transport, options({ requestedAddress: ADDRESS })))._unsafeUnwrapErr();
  assert.equal(error, {
    kind: "socket",
    code: "ENETUNREACH",
    message: "network is unreachable",
    maybeLease: null,
  });
});

test("a container that is gone, or a signal, ends it at once", async () => {
  const began = performance.now();
  const gone = await acquireOver(
    serving(silent).transport,
    options({ limitMs: 5000, alive: () => "the container is gone" }),
  );
  const { kind, ...rest } = gone._unsafeUnwrapErr();
  assert.equal([kind, rest], ["aborted", { why: "the container is gone", maybeLease: null }]);
  const stop = new AbortController();
  const { transport, log } = serving(silent);
  setTimeout(() => stop.abort(), 10);
  const aborted = await acquireOver(transport, options({ limitMs: 5000, signal: stop.signal }));
  assert.is(aborted._unsafeUnwrapErr().kind, "aborted");
  const again = await acquireOver(transport, options({ limitMs: 5000, signal: stop.signal }));
  assert.is(again._unsafeUnwrapErr().kind, "aborted");
  assert.equal(log, ["DISCOVER"]);
  assert.ok(performance.now() - began < 1000);
});

test("RELEASE and DECLINE carry what the server needs", () => {
  const farewell = { mac: MAC, clientId: Uint8Array.of(1, 2), address: ADDRESS, server: SERVER, xid: 9 };
  const release = decodeMessage(buildRelease(farewell))._unsafeUnwrap();
  assert.equal([release.ciaddr, release.xid, release.options.has(50)], [ADDRESS, 9, false]);
  const declined = decodeMessage(buildDecline(farewell))._unsafeUnwrap();
  assert.equal([declined.ciaddr, read(declined.options, requestedAddress)], ["0.0.0.0", ADDRESS]);
  for (const { options: sent } of [release, declined]) {
    assert.is(read(sent, serverId), SERVER);
    assert.equal(read(sent, clientIdentifier), Uint8Array.of(1, 2));
  }
});

test.run();
