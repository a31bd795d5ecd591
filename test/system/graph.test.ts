/** `berth graph` on a host with containers: the tree on a terminal, the picture rendered, and Graphviz' own opinion. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Graph } from "../../src/graph/model.ts";
import { berthDirs, makeBundle } from "../lab/bundle.ts";
import { assertOneLine, executable } from "../lab/hook.ts";
import { inLab } from "../lab/inLab.ts";
import type { Lab } from "../lab/lab.ts";
import { records } from "../lab/look.ts";
import { labOptions, mustOperate, operate } from "../lab/operator.ts";
import { makeRuntime } from "../lab/runtime.ts";
import { onTerminal, withoutColour } from "../lab/terminal.ts";

const test = suite("graph");

const long = "shop-frontend-production-with-a-rather-long-name";

const withLab = (work: (lab: Lab) => Promise<void>) => (): Promise<void> =>
  inLab({}, async (lab) => {
    const runc = makeRuntime(lab, "runc");
    for (const id of ["web1", long]) assert.is((await runc.start(makeBundle(lab, { id }))).code, 0);
    const config = '{"networks":{"default":{"bridge":"br0"},"dmz":{"bridge":"br1"}},"defaultNetwork":"default"}';
    writeFileSync(berthDirs(lab).configFile, config);
    await work(lab);
  });

test(
  "the tree has what there is, and fits a terminal of 80 columns",
  withLab(async (lab) => {
    const { stdout } = await onTerminal(lab.worker, { columns: 80 }, [executable, "graph", ...labOptions(lab)]);
    const lines = withoutColour(stdout).trimEnd().split("\n");
    for (const line of lines) assert.ok(Bun.stringWidth(line) <= 80, line);
    const tree = lines.join("\n");
    const [first, second] = records(lab).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    assert.match(tree, /^br0 {2}up · mtu 1500 · network default$/m);
    assert.match(tree, /^├─ uplink {2}uplink · veth · up$/m);
    assert.match(
      tree,
      `├─ ${first?.port}  up\n│  └─ ${long}\n│       eth0 · ${first?.addresses[0]} · ${first?.mac} · bound`,
    );
    assert.match(
      tree,
      `└─ ${second?.port}  up\n   └─ web1  eth0 · ${second?.addresses[0]} · ${second?.mac} · bound, 59m`,
    );
    assert.match(tree, /^br1 {2}missing · network dmz$/m);
    const graph: Graph = JSON.parse(await mustOperate(lab, "graph", "--json"));
    assert.equal(
      graph.map(({ bridge, ports }) => [bridge, ports.length]),
      [
        ["br0", 2],
        ["br1", 0],
      ],
    );
    assert.is(await mustOperate(lab, "graph", "--network", "dmz"), tree.split("\n").at(-1));
  }),
);

test(
  "the picture is rendered; DOT and Mermaid are what their languages say",
  withLab(async (lab) => {
    const relative = await operate(lab, ["graph", "--svg", "graph.svg"], { cwd: lab.directory });
    assert.equal([relative.code, relative.stdout, relative.stderr], [0, "", ""]);
    const file = `${lab.directory}/graph.svg`;
    const svg = readFileSync(file, "utf8");
    for (const word of ["br0", "uplink", long, "web1", ...records(lab).map(({ mac }) => mac)]) assert.match(svg, word);
    await lab.worker.must("rsvg-convert", "--output", `${lab.directory}/graph.png`, file);
    const [width = 0, height = 0] = ["width", "height"].map((name) =>
      Number(new RegExp(`${name}="(\\d+)"`).exec(svg)?.[1]),
    );
    const png = readFileSync(`${lab.directory}/graph.png`);
    assert.equal([png.readUInt32BE(16), png.readUInt32BE(20)], [width, height]);
    assert.match(await mustOperate(lab, "graph", "--svg", "-"), /^<svg [\s\S]*<\/svg>$/);
    writeFileSync(`${lab.directory}/graph.dot`, await mustOperate(lab, "graph", "--dot"));
    const drawn = await lab.worker.must("dot", "-Tplain", `${lab.directory}/graph.dot`);
    assert.is(drawn.split("\n").filter((line) => line.startsWith("node ")).length, 7);
    assert.is(drawn.split("\n").filter((line) => line.startsWith("edge ")).length, 5);
    const mermaid = (await mustOperate(lab, "graph", "--mermaid")).split("\n");
    assert.is(mermaid[0], "flowchart LR");
    assert.is(mermaid.filter((line) => / --- /.test(line)).length, 5);
  }),
);

test(
  "a file that cannot be written, two forms at once, a configuration with a mistake: one line each",
  withLab(async (lab) => {
    const nowhere = await operate(lab, ["graph", "--svg", `${lab.directory}/no/such/graph.svg`]);
    assert.is(nowhere.code, 1);
    assertOneLine(nowhere, "no directory");
    assert.match(nowhere.stderr, "could not write");
    assert.not.ok(existsSync(`${lab.directory}/no`));
    const both = await operate(lab, ["graph", "--dot", "--json"]);
    assert.is(both.code, 2);
    assertOneLine(both, "two forms");
    writeFileSync(berthDirs(lab).configFile, "{");
    const mistaken = await operate(lab, ["graph"]);
    assert.is(mistaken.code, 0);
    assert.match(mistaken.stderr, /^berth: graph: .*berth\.json: not JSON at line 1/);
    assert.match(mistaken.stdout, "web1");
  }),
);

test.run();
