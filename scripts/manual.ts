/**
 * Writes what is installed beside the executable, made from the commands' own descriptions: the manual page and the
 * completions. manual.ts DIRECTORY [DATE]; below the directory everything lies as below a prefix's share/.
 */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { operatorCommands } from "../src/cli/operator/commands.ts";
import { completionScripts } from "../src/completion/scripts.ts";
import { manualPage } from "../src/manual/page.ts";

const [directory = "dist/share", date] = process.argv.slice(2);

const files: Readonly<Record<string, string | undefined>> = {
  "man/man8/berth.8": manualPage(operatorCommands, date ? new Date(date) : new Date()),
  "bash-completion/completions/berth": completionScripts["bash"],
  "zsh/site-functions/_berth": completionScripts["zsh"],
  "fish/vendor_completions.d/berth.fish": completionScripts["fish"],
};

for (const [name, text] of Object.entries(files)) {
  if (text === undefined) throw new Error(`there is no text for ${name}`);
  const path = `${directory}/${name}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}.new`, text);
  renameSync(`${path}.${process.pid}.new`, path);
}
