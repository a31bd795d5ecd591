/** Writes the container's resolv.conf and hosts from its record. What could not be written is a warning, not a failure. */
import type { AttachmentRecord } from "../lease/record.ts";
import { parseIpv4 } from "../net/address.ts";
import { type ContainerFile, type ContainerRoot, rewriteContainerFile } from "./containerFiles.ts";
import { hostsWith, resolvConf } from "./nameService.ts";
import type { UndoStack } from "./undo.ts";

export type NameServiceOutcome = { readonly files: readonly ContainerFile[]; readonly warnings: readonly string[] };

export const writeNameService = (
  root: ContainerRoot,
  record: AttachmentRecord,
  undo: UndoStack,
): NameServiceOutcome => {
  const files: ContainerFile[] = [];
  const warnings: string[] = [];
  const rewrite = (file: ContainerFile, change: (before: string) => string): void => {
    rewriteContainerFile(root, file, change).match(
      ({ before }) => {
        files.push(file);
        undo.push(`restore ${file}`, () => {
          rewriteContainerFile(root, file, () => before);
        });
      },
      (why) => warnings.push(`the container's ${file} was left as it is: ${why}`),
    );
  };
  if (record.wanted.resolvConf && record.dns.length > 0)
    rewrite("/etc/resolv.conf", () => resolvConf(record, record.network));
  const address = parseIpv4(record.addresses[0]?.split("/")[0] ?? "");
  const { hostname } = record;
  if (record.wanted.hosts && hostname !== null && address !== undefined)
    rewrite("/etc/hosts", (before) => hostsWith(before, address, hostname, record.ifname));
  return { files, warnings };
};
