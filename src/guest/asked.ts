/** What the command line of `berth attach` asks for, with what the configuration says to it. */
import { err, ok, type Result } from "neverthrow";
import type { Call } from "../cli/operator/command.ts";
import { loadConfig } from "../config/load.ts";
import type { Chosen } from "../config/plan.ts";
import type { Config } from "../config/schema.ts";
import { type Ifname, parseIfname } from "../net/address.ts";
import { networkFor } from "./network.ts";
import { type AttachWords, parseAttachWords } from "./words.ts";

type Names = { readonly ifname: Ifname | null; readonly port: Ifname | null };

export type AskedWords = AttachWords & Names;

export type Asked = {
  readonly config: Config;
  readonly words: AttachWords;
  readonly chosen: Chosen;
  readonly ifname: Ifname;
  readonly port: Ifname | null;
};

const nameOption = (call: Call, option: string): Result<Ifname | null, string> => {
  const text = call.value(option);
  if (text === undefined) return ok(null);
  const name = text === "lo" ? undefined : parseIfname(text);
  return name === undefined
    ? err(`--${option}: expected an interface name of 1 to 15 characters out of A-Z a-z 0-9 _ . -, and not lo`)
    : ok(name);
};

/** The error is a usage error. */
export const attachWordsOf = (call: Call): Result<AskedWords, string> =>
  parseAttachWords(call.words, call.value("pid") !== undefined || call.value("netns") !== undefined).andThen((words) =>
    nameOption(call, "ifname").andThen((ifname) =>
      nameOption(call, "port").map((port) => ({ ...words, ifname, port })),
    ),
  );

/** The error is a sentence: the configuration, or a network that there is not. */
export const askedOf = (call: Call, words: AskedWords): Result<Asked, string> =>
  loadConfig(call.settings.configFile)
    .mapErr(({ message }) => message)
    .andThen((config) =>
      networkFor(config, words.network).map((chosen) => ({
        ...{ config, words, chosen, port: words.port },
        ifname: words.ifname ?? chosen.network.ifname,
      })),
    );
