/**
 * The words of `berth attach`, which are those of pipework and network-wrapper:
 * `[network|bridge] <container> [dhcp | ADDRESS/PREFIX[@GATEWAY] …] [mac]`. Pure.
 */
import { err, ok, type Result } from "neverthrow";
import { parseAddressing } from "../config/staticAddressing.ts";
import type { Addressing } from "../config/types.ts";
import { quote } from "../log/quote.ts";
import { isUnicast, type Mac, macFromBytes, parseMac } from "../net/address.ts";

export type AttachWords = {
  /** A network's name, a bridge, or `mac:ADDRESS`; null: the default network. */
  readonly network: string | null;
  /** Null where an option says which. */
  readonly container: string | null;
  readonly addressing: Addressing | null;
  readonly mac: Mac | null;
};

/** What pipework makes of `U:<string>`: always the same, locally administered MAC for the same string. */
export const macOfText = (text: string): Mac =>
  macFromBytes(Uint8Array.of(0x02, ...new Bun.CryptoHasher("md5").update(`${text}\n`).digest().subarray(0, 5)));

/** Null: it is no MAC at all. */
const parseMacWord = (word: string): Result<Mac, string> | null => {
  if (/^U:./s.test(word)) return ok(macOfText(word.slice(2)));
  const [text = "", vlan] = word.split("@");
  const mac = parseMac(text);
  if (mac === undefined) return null;
  if (vlan !== undefined)
    return err(`${quote(word)}: VLANs are not supported by the Linux bridge's driver in this version`);
  return isUnicast(mac) ? ok(mac) : err(`${quote(word)} is no MAC that an interface may have (unicast, not all zeros)`);
};

const looksLikeAddress = (word: string): boolean =>
  word === "dhcp" || (/^[0-9.]+(?:[/@,]|$)/.test(word) && word.includes("."));

const addressingOf = (words: readonly string[]): Result<Addressing | null, string> => {
  if (words.length === 0) return ok(null);
  const text = words.join(",");
  return parseAddressing(text).mapErr((expected) => `${quote(text)} will not do: expected ${expected}`);
};

/** `named`: how many of the words come before the address: one network at most, and the container if no option names it. */
export const parseAttachWords = (words: readonly string[], byOption: boolean): Result<AttachWords, string> => {
  const rest = [...words];
  const least = byOption ? 0 : 1;
  let mac: Mac | null = null;
  const last = rest.length > least ? parseMacWord(rest.at(-1) ?? "") : null;
  if (last !== null) {
    if (last.isErr()) return err(last.error);
    mac = last.value;
    rest.pop();
  }
  const addresses: string[] = [];
  while (rest.length > least && looksLikeAddress(rest.at(-1) ?? "")) addresses.unshift(rest.pop() ?? "");
  const addressing = addressingOf(addresses);
  if (addressing.isErr()) return err(addressing.error);
  const container = byOption ? null : (rest.pop() ?? null);
  const network = rest.pop() ?? null;
  const [extra] = rest;
  if (!byOption && container === null) return err("which container? give its name or id, or --pid or --netns");
  if (extra !== undefined)
    return err(
      `too many words: ${quote([...rest, network, container].filter((word) => word !== null).join(" "))}; expected [network|bridge] <container> [dhcp | ADDRESS/PREFIX[@GATEWAY]] [mac]`,
    );
  return ok({ network, container, addressing: addressing.value, mac });
};
