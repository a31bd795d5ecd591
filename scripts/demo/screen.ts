/** How the demo speaks: plain text, and a little colour where there is a terminal that wants it. */

const coloured =
  process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb";

const paint = (code: string) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint("1");
export const dim = paint("2");
export const green = paint("32");

export const print = (text = ""): void => {
  process.stdout.write(`${text}\n`);
};

export const heading = (text: string): void => print(`\n${bold(text)}`);

/** Milliseconds on the left, so that a column of them reads as a timeline. */
export const moment = (ms: number, text: string): void => print(`  ${dim(`${ms.toFixed(1).padStart(8)} ms`)}  ${text}`);

export const proven = (text: string): void => print(`  ${green("ok")}  ${text}`);

export type Picture = {
  readonly server: string;
  readonly peer: string;
  readonly port: string;
  readonly address: string;
  readonly mac: string;
  readonly name: string;
};

/** LAN – bridge – port – container, at most 80 columns wide. */
export const picture = ({ server, peer, port, address, mac, name }: Picture): string =>
  [
    "   the LAN",
    `   ├── ${server.padEnd(14)} DHCP and DNS server (dnsmasq)`,
    `   ├── ${peer.padEnd(14)} another host`,
    "   └── uplink",
    "        └── br0                  the worker's bridge",
    `             └── ${port}     port`,
    `                  └── eth0       container ${name}`,
    `                      ${address}, ${mac}`,
  ].join("\n");
