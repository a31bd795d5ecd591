/** /etc/machine-id (machine-id(5)): what makes this host's MACs and DUIDs its own. */
import { type Machine, textOf } from "./context.ts";
import { type Finding, fail, fine } from "./finding.ts";

const check = "machine-id";
const mend = "systemd-machine-id-setup, or 'dbus-uuidgen --ensure=/etc/machine-id'";

export const checkMachineId = (machine: Machine): readonly Finding[] => {
  const text = textOf(machine, "/etc/machine-id");
  // As berth itself looks for it.
  const other = textOf(machine, "/var/lib/dbus/machine-id") ?? "";
  if (/^[0-9a-f]{32}$/.test(other) && !/^[0-9a-f]{32}$/.test(text ?? ""))
    return [fine(check, "this host has an id of its own")];
  if (text !== null && /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text))
    return [fine(check, "this host has an id of its own")];
  const what =
    text === null
      ? "/etc/machine-id cannot be read"
      : text === ""
        ? "/etc/machine-id is empty"
        : "/etc/machine-id holds no id";
  return [
    fail(
      check,
      what,
      "a container's MAC on a host without an address, and its DUID, would be others at each start",
      mend,
    ),
  ];
};
