/** The words of `berth attach` and of network-wrapper. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { berthWords } from "../../src/cli/networkWrapper.ts";
import { macOfText, parseAttachWords } from "../../src/guest/words.ts";
import { errorOf } from "../outcome.ts";

const parsed = (line: string, byOption = false) => parseAttachWords(line === "" ? [] : line.split(" "), byOption);

const said = (line: string, byOption = false): readonly (string | null)[] =>
  parsed(line, byOption).match(
    ({ network, container, addressing, mac }) => [
      network,
      container,
      addressing === null ? null : addressing.kind === "dhcp" ? "dhcp" : addressing.addresses.join(),
      mac,
    ],
    (why) => [why],
  );

test("network, container, address and MAC, each of which but the container may be left out", () => {
  assert.equal(said("web1"), [null, "web1", null, null]);
  assert.equal(said("br0 web1"), ["br0", "web1", null, null]);
  assert.equal(said("web1 dhcp"), [null, "web1", "dhcp", null]);
  assert.equal(said("br0 web1 dhcp 02:00:00:00:00:01"), ["br0", "web1", "dhcp", "02:00:00:00:00:01"]);
  assert.equal(said("web1 02-00-00-00-00-01"), [null, "web1", null, "02:00:00:00:00:01"]);
  assert.equal(said("br0 web1 10.0.0.5/24@10.0.0.1"), ["br0", "web1", "10.0.0.5/24", null]);
  assert.equal(said("web1 10.0.0.5/24 10.0.0.6/24,10.0.0.7/24"), [
    null,
    "web1",
    "10.0.0.5/24,10.0.0.6/24,10.0.0.7/24",
    null,
  ]);
  assert.equal(said("mac:02:00:00:00:00:01 web1"), ["mac:02:00:00:00:00:01", "web1", null, null]);
});

test("where an option names the container, no word does", () => {
  assert.equal(said("", true), [null, null, null, null]);
  assert.equal(said("br0", true), ["br0", null, null, null]);
  assert.equal(said("br0 dhcp", true), ["br0", null, "dhcp", null]);
  assert.match(said("br0 web1", true)[0] ?? "", "too many words");
});

test("a container may be called like an address or like dhcp, if it is the only word", () => {
  assert.equal(said("dhcp"), [null, "dhcp", null, null]);
  assert.equal(said("10.0.0.21"), [null, "10.0.0.21", null, null]);
});

test("U:TEXT is the MAC that pipework makes of it", () => {
  // printf 'web1\n' | md5sum
  assert.is(macOfText("web1"), "02:66:ee:60:6d:50");
  assert.equal(said("web1 U:web1"), [null, "web1", null, macOfText("web1")]);
  assert.is.not(macOfText("web1"), macOfText("web2"));
});

test("what will not do is said", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "which container?"],
    ["a b c", "too many words"],
    ["web1 10.0.0.5", "expected"],
    ["web1 10.0.0.5/99", "expected"],
    ["web1 10.0.0.0/24", "expected"],
    ["web1 10.0.0.5/24 10.0.0.5/24", "addresses that differ"],
    ["web1 dhcp 10.0.0.5/24", "expected"],
    ["web1 01:00:5e:00:00:01", "unicast"],
    ["web1 00:00:00:00:00:00", "unicast"],
    ["web1 02:00:00:00:00:01@12", "VLAN"],
  ];
  for (const [line, says] of cases) {
    assert.match(errorOf(parsed(line)), says, line);
  }
});

test("network-wrapper's command line is berth's by other names", () => {
  const words = (line: string): unknown => berthWords(line === "" ? [] : line.split(" "));
  assert.equal(words("br0 -i eth1 web1 dhcp"), ["attach", "br0", "-i", "eth1", "web1", "dhcp"]);
  assert.equal(words("inspect web1"), ["inspect", "web1"]);
  assert.equal(words("inspect-all"), ["inspect-all"]);
  assert.equal(words("--wait -i eth0"), ["wait", "-i", "eth0"]);
  for (const line of ["", "--help", "help"]) assert.match(JSON.stringify(words(line)), "network-wrapper BRIDGE");
});

test.run();
