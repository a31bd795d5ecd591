/** Bridges, uplinks, ports and containers, however they are drawn. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Entry, entriesOf } from "../../src/containers/entry.ts";
import { dotText } from "../../src/graph/dot.ts";
import type { Link } from "../../src/graph/links.ts";
import { mermaidText } from "../../src/graph/mermaid.ts";
import { graphOf } from "../../src/graph/model.ts";
import { svgText } from "../../src/graph/svg.ts";
import { treeLines } from "../../src/graph/tree.ts";
import { styled } from "../../src/screen/colour.ts";
import { glyphs, widthOf } from "../../src/screen/text.ts";
import { someRecord } from "../record.ts";

const link = (ifname: string, changes: Partial<Link> = {}): Link => ({
  ...{ ifname, state: "up", mac: "02:00:00:00:00:01", mtu: 1500, master: null, alias: null, kind: null },
  ...changes,
});

const entry = (name: string | null, port: string, changes: Record<string, unknown> = {}): Entry => {
  const record = someRecord({
    id: name !== null && /^[A-Za-z0-9]+$/.test(name) ? name : "anonymous",
    port,
    ...changes,
  });
  const [one] = entriesOf({ good: [{ name, record }], broken: [] }, 1_000_000);
  if (one === undefined) throw new Error("no entry");
  return { ...one, state: "bound" };
};

const br0 = link("br0", { kind: "bridge" });
const ours = (ifname: string, changes: Partial<Link> = {}): Link =>
  link(ifname, { master: "br0", kind: "veth", alias: `berth:web:${ifname}`, ...changes });
const networks = [{ name: "default", bridge: "br0" }];

const shown = (links: readonly Link[], entries: readonly Entry[] = [], more = networks): readonly string[] =>
  treeLines(graphOf({ links, entries, networks: more }), {
    styled: styled(false),
    glyphs: glyphs({ LANG: "C" }),
    width: Number.POSITIVE_INFINITY,
  });

test("a card, a bond and a VLAN are uplinks; ends of pairs and taps are somebody else's ports", () => {
  const members = [
    link("enp3s0", { master: "br0" }),
    link("bond0", { master: "br0", kind: "bond", state: "down" }),
    link("veth7", { master: "br0", kind: "veth" }),
    link("tap0", { master: "br0", kind: "tun" }),
    link("enp4s0"),
  ];
  assert.equal(shown([br0, ...members]), [
    "br0  up - mtu 1500 - network default",
    "|- enp3s0  uplink - card - up",
    "|- bond0  uplink - bond - down",
    "|- veth7  not berth's - veth - up",
    "`- tap0  not berth's - tun - up",
  ]);
});

test("the only port that is not berth's is the uplink; a bridge with none leads nowhere", () => {
  assert.equal(shown([br0, link("uplink", { master: "br0", kind: "veth" })]).slice(1), [
    "`- uplink  uplink - veth - up",
  ]);
  assert.equal(shown([br0]).slice(1), ["`- no uplink"]);
});

test("containers stand behind their ports, by name and id, with address and lease", () => {
  const lines = shown([br0, link("eth9", { master: "br0" }), ours("bt00000001")], [entry("web1", "bt00000001")]);
  assert.equal(lines.slice(2), [
    "`- bt00000001  up",
    "   `- web1 (web1)  eth0 - 10.0.0.21/24 - 02:00:00:15:aa:bb - bound, 1h 0m left",
  ]);
});

test("what is not as recorded is said: a port that is gone or off its bridge, a missing bridge, a port of nobody's", () => {
  const elsewhere = ours("bt00000002", { master: "br1" });
  const lines = shown(
    [br0, elsewhere, ours("bt00000003")],
    [entry("a", "bt00000001"), entry("b", "bt00000002"), entry("c", "bt00000004", { bridge: "br7", network: "dmz" })],
    [...networks, { name: "lab", bridge: "br7" }],
  );
  const text = lines.join("\n");
  assert.match(text, "bt00000001  gone");
  assert.match(text, "bt00000002  off the bridge");
  assert.match(text, "bt00000003  up - nobody's: berth gc removes it");
  assert.match(text, "br7  missing - networks dmz, lab");
});

test("on a narrow terminal details stand below, and no line is too long", () => {
  const graph = graphOf({ links: [br0, ours("bt00000001")], entries: [entry("x".repeat(60), "bt00000001")], networks });
  for (const width of [20, 40, 80]) {
    const look = { styled: styled(true), glyphs: glyphs({ LANG: "C.UTF-8" }), width };
    for (const line of treeLines(graph, look)) assert.ok(widthOf(line) <= width, line);
  }
});

const hostile = 'a"];b\\<script>&{}|`\n\u001b[31m#]';

test("a name can do no harm in any language", () => {
  const graph = graphOf({ links: [br0, ours("bt00000001")], entries: [entry(hostile, "bt00000001")], networks });
  const dot = dotText(graph);
  assert.ok(dot.includes('label="a\\"];b\\\\<script>&{}|`??[31m#] (anonymous)'), dot);
  const mermaid = mermaidText(graph);
  assert.not.match(mermaid.replaceAll("<br/>", ""), /[<>{}|`\\]/);
  assert.match(mermaid, "a#34;#93;#59;b#92;#60;script");
  const svg = svgText(graph, hostile);
  assert.not.match(svg, "<script>");
  assert.match(svg, "a&#34;];b\\&#60;script&#62;&#38;{}");
});

test("a picture without anything in it is a picture", () => {
  const svg = svgText([], "nothing");
  assert.match(svg, /^<svg [^>]*width="\d+" height="\d+"/);
  assert.not.match(svg, /NaN|undefined|Infinity/);
});

test.run();
