/**
 * berth called as `network-wrapper`, by a link of that name: network-wrapper's own command line, turned into the words of
 * berth's commands, so that scripts written for it go on working.
 */
const syntax = `Syntax, as network-wrapper has it ('berth attach --help' says more):
  network-wrapper BRIDGE [-i INTERFACE] CONTAINER dhcp [MAC]
  network-wrapper BRIDGE [-i INTERFACE] CONTAINER ADDRESS/PREFIX[@GATEWAY] [MAC]
  network-wrapper inspect CONTAINER
  network-wrapper inspect-all
  network-wrapper --wait [-i INTERFACE]
`;

/** The words for berth; a text: what to print instead. */
export const berthWords = (args: readonly string[]): readonly string[] | { readonly print: string } => {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") return { print: syntax };
  if (first === "--wait") return ["wait", ...rest];
  if (first === "inspect" || first === "inspect-all") return args;
  if (first === "version" || first === "--version") return ["version"];
  return ["attach", ...args];
};
