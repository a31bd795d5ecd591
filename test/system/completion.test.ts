/** Completion in real shells: keys are typed at a terminal, TAB among them, and the line is looked at. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { berthDirs } from "../lab/bundle.ts";
import { executable } from "../lab/hook.ts";
import { inLab } from "../lab/inLab.ts";
import type { Lab } from "../lab/lab.ts";
import { mustOperate } from "../lab/operator.ts";
import { someRecord } from "../record.ts";

const test = suite("completion");

/** How each shell is started without anybody's settings, and told to load the script. */
const shells = {
  bash: { start: "bash --norc --noprofile -i", load: "source" },
  zsh: { start: "zsh -f -i", load: "autoload -Uz compinit; compinit -u; bindkey -e; source" },
  fish: { start: "fish --no-config -i", load: "source" },
} as const;
type Shell = keyof typeof shells;

const prepare = (lab: Lab): void => {
  const { runDir, configFile } = berthDirs(lab);
  const ids = { web1: "4b94d0da2047", shop: "77e0d4b80000" };
  for (const [name, id] of Object.entries(ids)) {
    const directory = `${runDir}/attachments/${id.padEnd(64, "0")}`;
    mkdirSync(directory, { recursive: true });
    const mac = `02:00:00:00:00:${id.slice(0, 2)}`;
    const record = someRecord({
      id: id.padEnd(64, "0"),
      name,
      mac,
      addresses: [`10.0.0.${name === "web1" ? 21 : 35}/24`],
    });
    writeFileSync(`${directory}/eth0.json`, JSON.stringify(record));
  }
  writeFileSync(configFile, '{"networks":{"lan":{"bridge":"br0"},"dmz":{"bridge":"br1"}},"defaultNetwork":"lan"}');
  for (const directory of ["bin", "home", "here"]) mkdirSync(`${lab.directory}/${directory}`);
  symlinkSync(executable, `${lab.directory}/bin/berth`);
  writeFileSync(`${lab.directory}/here/picture.svg`, "");
};

/** What stands on the line after these keys: it is completed, then shown by `echo`, written before it (Ctrl-A). */
const typed = async (lab: Lab, shell: Shell, lines: readonly string[]): Promise<readonly string[]> => {
  const { start, load } = shells[shell];
  const script = `${lab.directory}/completion.${shell}`;
  writeFileSync(script, `${await mustOperate(lab, "completion", shell)}\n`);
  const keys = lines.map((line) => `${line}\u0001echo RESULT \n`).join("");
  const ran = await lab.worker.execWith(
    {
      input: `${load} ${script}\n${keys}exit\n`,
      cwd: `${lab.directory}/here`,
      env: {
        ...{ PATH: `${lab.directory}/bin:/usr/bin:/bin`, HOME: `${lab.directory}/home`, TERM: "xterm" },
        ...{ LC_ALL: "C.UTF-8", HISTFILE: "", fish_history: "", TMPDIR: lab.directory },
      },
    },
    ...(["script", "-q", "-c", start, "/dev/null"] as const),
  );
  // The line itself is echoed too, with the terminal's control sequences in it; what `echo` wrote begins a line.
  return [...ran.stdout.matchAll(/(?:^|\r|\u001b\[\?2004l)RESULT (.*?)\s*\r?$/gm)].map(([, text = ""]) => text);
};

for (const shell of Object.keys(shells) as readonly Shell[]) {
  test(`${shell}: commands, options, containers, networks, files and fixed words`, () =>
    inLab({ server: "none" }, async (lab) => {
      prepare(lab);
      const { runDir, configFile } = berthDirs(lab);
      const own = `--run-dir ${runDir}`;
      const shown = await typed(lab, shell, [
        "berth gr\t--sv\tpic\t",
        `berth inspect ${own} sh\t`,
        `berth inspect ${own} web1 10.0.0.3\t`,
        `berth inspect ${own} 02:00:00:00:00:4\t`,
        `berth inspect ${own} 4b\t`,
        `berth ls --config ${configFile} --network d\t`,
        `berth ls --config=${configFile} --network=d\t`,
        "berth completion f\t",
        "berth help insp\t-\t",
      ]);
      assert.equal(shown, [
        "berth graph --svg picture.svg",
        `berth inspect ${own} shop`,
        `berth inspect ${own} web1 10.0.0.35`,
        `berth inspect ${own} 02:00:00:00:00:4b`,
        `berth inspect ${own} 4b94d0da2047`,
        `berth ls --config ${configFile} --network dmz`,
        `berth ls --config=${configFile} --network=dmz`,
        "berth completion fish",
        "berth help inspect-all",
      ]);
    }));
}

test.run();
