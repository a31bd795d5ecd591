/** What `renew` and `release` have in common: which interfaces are meant, and how it is told what became of them. */
import { err, ok, type Result } from "neverthrow";
import type { Call } from "../cli/operator/command.ts";
import { print, printJson } from "../cli/print.ts";
import { say } from "../cli/say.ts";
import { findContainer } from "../containers/find.ts";
import type { AttachmentRecord } from "../lease/record.ts";

export type Answer = { readonly ifname: string; readonly done: boolean; readonly message: string };

/** The records of the container that the command line names, or of its one interface. The error is a sentence. */
export const askedRecords = async (call: Call): Promise<Result<readonly AttachmentRecord[], string>> => {
  const found = await findContainer(call.settings.dirs, call.words[0] ?? "");
  if (found.isErr()) return err(found.error);
  const records = found.value.attachments.map(({ record }) => record);
  const wished = call.value("ifname");
  if (wished === undefined) return ok(records);
  const chosen = records.filter(({ ifname }) => ifname === wished);
  if (chosen.length > 0) return ok(chosen);
  const has = records.map(({ ifname }) => ifname).join(", ");
  return err(`container ${found.value.id} has no interface ${JSON.stringify(wished)}: it has ${has}`);
};

/** Does `work` for each of them in turn and tells; the exit code. */
export const answerEach = async (
  call: Call,
  name: string,
  work: (record: AttachmentRecord) => Promise<Answer>,
): Promise<number> => {
  const records = await askedRecords(call);
  if (records.isErr()) {
    say(`${name}: ${records.error}`);
    return 1;
  }
  const answers: (Answer & { readonly container: string })[] = [];
  for (const record of records.value) answers.push({ container: record.id, ...(await work(record)) });
  if (call.has("json")) printJson(answers);
  for (const { container, ifname, done, message } of answers) {
    if (!done) say(`${name}: ${container} ${ifname}: ${message}`);
    else if (!call.has("json")) print(`${container} ${ifname}: ${message}\n`);
  }
  return answers.every(({ done }) => done) ? 0 : 1;
};
