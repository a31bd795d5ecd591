import { test } from "uvu";
import * as assert from "uvu/assert";
import { hostsWith, resolvConf } from "../../src/attach/nameService.ts";
import type { Hostname, Ipv4 } from "../../src/net/address.ts";

const address = "10.0.0.5" as Ipv4;

test("resolv.conf names the search list and each server", () => {
  const text = resolvConf(
    { dns: ["10.0.0.1", "10.0.0.2"] as Ipv4[], search: ["a.example", "b.example"] as Hostname[] },
    "lan",
  );
  assert.is(
    text,
    "# Written by berth for the network lan.\nsearch a.example b.example\nnameserver 10.0.0.1\nnameserver 10.0.0.2\n",
  );
});

test("hosts gets one line, and only one however often the container starts", () => {
  const once = hostsWith("127.0.0.1\tlocalhost\n", address, "web1" as Hostname, "eth0");
  assert.is(once, "127.0.0.1\tlocalhost\n10.0.0.5\tweb1\t# berth eth0\n");
  assert.is(hostsWith(once, address, "web1" as Hostname, "eth0"), once);
});

test("a fully qualified name brings its short one", () => {
  assert.match(hostsWith("x\n", address, "web1.example.org" as Hostname, "eth0"), "10.0.0.5\tweb1.example.org web1\t");
});

test("an empty hosts gets localhost too", () => {
  assert.match(hostsWith("", address, "web1" as Hostname, "eth0"), /^127\.0\.0\.1\tlocalhost\n/);
});

test.run();
