/** `berth doctor`: every check in turn, and what they found. */
import type { Result } from "neverthrow";
import type { Call } from "../cli/operator/command.ts";
import { print, printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { type ConfigError, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { type Attachments, listAttachments } from "../containers/attachment.ts";
import { hostLinks } from "../graph/links.ts";
import { networkFor } from "../guest/network.ts";
import { withProgress } from "../guest/progress.ts";
import { closeNetns, openOwnNetns } from "../netns/enter.ts";
import { checkBridge } from "./bridge.ts";
import { checkConfig } from "./config.ts";
import { type Context, type NamedNetwork, thisMachine } from "./context.ts";
import { checkDhcp } from "./dhcp.ts";
import { checkBridgeFilter, checkConntrack, checkReversePath } from "./filters.ts";
import type { Finding } from "./finding.ts";
import { checkKeeper } from "./keeper.ts";
import { checkMachineId } from "./machineId.ts";
import { checkLeases, checkRecords } from "./records.ts";
import { checkRuntimes } from "./runtimes.ts";
import { shownFindings } from "./show.ts";

/** Those of the configuration, or the one that is named. The error is a sentence. */
const networksOf = (config: Config | null, word: string | undefined): readonly NamedNetwork[] | string => {
  if (config === null) return [];
  if (word === undefined) return [...config.networks].map(([name, network]) => ({ name, network }));
  return networkFor(config, word).match<readonly NamedNetwork[] | string>(
    (chosen) => [chosen],
    (why) => why,
  );
};

const checkNetwork = async (context: Context, named: NamedNetwork): Promise<readonly Finding[]> => {
  const bridge = checkBridge(context, named);
  const isThere = !bridge.some(({ check, level }) => check === "bridge" && level === "fail" && bridge.length === 1);
  if (!isThere) return bridge;
  return [...bridge, ...checkBridgeFilter(context.machine, named.network.bridge), ...(await checkDhcp(context, named))];
};

const checkAll = async (
  context: Context,
  loaded: Result<Config, ConfigError>,
  attachments: Attachments,
): Promise<readonly Finding[]> => {
  const { machine, networks } = context;
  const findings = [...checkConfig(loaded), ...checkMachineId(machine)];
  for (const named of networks) findings.push(...(await checkNetwork(context, named)));
  findings.push(...checkReversePath(machine), ...checkConntrack(machine), ...checkRuntimes(machine));
  const records = attachments.good.map(({ record }) => record);
  findings.push(...(await checkKeeper(context, records)), ...checkRecords(context, attachments));
  return [...findings, ...checkLeases(attachments)];
};

/** Two networks on one bridge have most findings in common. */
const unique = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(
    ({ check, what }, at) => findings.findIndex((one) => one.check === check && one.what === what) === at,
  );

export const doctor = async (call: Call): Promise<number> => {
  const refuse = (why: string): number => {
    say(`doctor: ${why}`);
    return 1;
  };
  if (process.geteuid?.() !== 0) return refuse("it looks where only root can: run it as root");
  const loaded = loadConfig(call.settings.configFile);
  const config = loaded.unwrapOr(null);
  const networks = networksOf(config, call.words[0]);
  if (typeof networks === "string") return refuse(networks);
  const links = hostLinks();
  if (links.isErr()) return refuse(`'${links.error.line}' said: ${links.error.why}`);
  const attachments = listAttachments(call.settings.dirs);
  if (attachments.isErr()) return refuse(attachments.error);
  const home = openOwnNetns();
  if (home.isErr()) return refuse(`could not ${home.error.attempted}: ${home.error.why}`);
  const { settings } = call;
  const context = { settings, machine: thisMachine(), config, networks, links: links.value, home: home.value };
  try {
    const findings = unique(
      await withProgress("asking the DHCP servers", () => checkAll(context, loaded, attachments.value)),
    );
    if (call.has("json")) printJson(findings);
    else print(shownFindings(findings));
    return findings.some(({ level }) => level === "fail") ? 1 : 0;
  } finally {
    closeNetns(home.value);
  }
};
