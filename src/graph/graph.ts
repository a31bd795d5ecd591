/** `berth graph`. */
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Call } from "../cli/operator/command.ts";
import { print, printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { loadConfig } from "../config/load.ts";
import { listAttachments } from "../containers/attachment.ts";
import { entriesOf } from "../containers/entry.ts";
import { bootMs } from "../host/bootTime.ts";
import { thrownText } from "../host/errno.ts";
import { fromStartDirectory } from "../host/startDirectory.ts";
import { styled } from "../screen/colour.ts";
import { screenOf } from "../screen/screen.ts";
import { glyphs } from "../screen/text.ts";
import { hostLinks } from "./links.ts";
import { type Graph, graphOf } from "./model.ts";

/** The configured networks; a configuration with a mistake keeps nobody from seeing what there is. */
const networksOf = (call: Call): readonly { readonly name: string; readonly bridge: string }[] =>
  loadConfig(call.settings.configFile).match(
    ({ networks }) => [...networks].map(([name, { bridge }]) => ({ name, bridge })),
    ({ message }) => {
      say(`graph: ${message}`);
      return [];
    },
  );

/** An error is a sentence. */
const look = (call: Call): Graph | string => {
  const listed = listAttachments(call.settings.dirs);
  if (listed.isErr()) return listed.error;
  const { good, broken } = listed.value;
  for (const { path, why } of broken) say(`graph: the record ${path} cannot be used: ${why}`);
  const links = hostLinks();
  if (links.isErr()) return `${links.error.line}: ${links.error.why}`;
  const wanted = call.value("network");
  const isWanted = (network: string): boolean => wanted === undefined || network === wanted;
  return graphOf({
    links: links.value,
    entries: entriesOf({ good: good.filter(({ record }) => isWanted(record.network)), broken: [] }, bootMs()),
    networks: networksOf(call).filter(({ name }) => isWanted(name)),
  });
};

const showTree = async (drawn: Graph): Promise<void> => {
  const { treeLines } = await import("./tree.ts");
  const elsewhere = { styled: styled(false), glyphs: glyphs(), width: Number.POSITIVE_INFINITY };
  const lines = treeLines(drawn, screenOf(process.stdout) ?? elsewhere);
  print(lines.map((line) => `${line}\n`).join(""));
};

/** `-` is standard output. An error is a sentence. */
const writeSvg = async (drawn: Graph, file: string): Promise<string | null> => {
  const { svgText } = await import("./svg.ts");
  const text = svgText(drawn, `Containers and bridges of ${hostname()}`);
  if (file === "-") {
    print(text);
    return null;
  }
  try {
    writeFileSync(fromStartDirectory(file), text);
    return null;
  } catch (thrown) {
    return `could not write ${file}: ${thrownText(thrown)}`;
  }
};

/** The exit code. */
const show = async (call: Call, drawn: Graph): Promise<number> => {
  const svg = call.value("svg");
  if (svg !== undefined) {
    const problem = await writeSvg(drawn, svg);
    if (problem === null) return 0;
    say(`graph: ${problem}`);
    return 1;
  }
  if (call.has("json")) printJson(drawn);
  else if (call.has("dot")) print((await import("./dot.ts")).dotText(drawn));
  else if (call.has("mermaid")) print((await import("./mermaid.ts")).mermaidText(drawn));
  else await showTree(drawn);
  return 0;
};

export const graph = async (call: Call): Promise<number> => {
  const forms = [call.value("svg") !== undefined, ...["json", "dot", "mermaid"].map(call.has)].filter((one) => one);
  if (forms.length > 1) {
    say("graph: --svg, --dot, --mermaid and --json exclude each other");
    return 2;
  }
  const drawn = look(call);
  if (typeof drawn !== "string") return show(call, drawn);
  say(`graph: ${drawn}`);
  return 1;
};
