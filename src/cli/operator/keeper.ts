/** The command `keeper`. */
import type { OperatorCommand } from "./command.ts";

export const keeperCommand: OperatorCommand = {
  name: "keeper",
  summary: "the daemon that renews leases and collects garbage",
  description: [
    "Renews the lease of every attached container (RFC 2131: RENEWING, REBINDING, a new lease where the old one is lost), applies what the server changed to the running container, and collects garbage every minute. It runs in the foreground; the service berth-keeper runs it under systemd, and where there is none the hook starts it.",
    "One keeper a host: a second one refuses to start. SIGHUP reads the configuration again; SIGTERM ends it and releases nothing. All that it knows is in the records, so it can be killed and started at any time.",
    'Metrics in Prometheus\' format: GET /metrics on the Unix socket <run-dir>/keeper.sock, and on "metrics": {"listen": "127.0.0.1:9467"} of berth.json if that is set.',
  ],
  arguments: [],
  options: [],
  examples: [
    { line: "systemctl status berth-keeper", does: "how it is, under systemd" },
    {
      line: "curl -s --unix-socket /run/berth/keeper.sock http://keeper/metrics",
      does: "its metrics",
    },
  ],
  run: async (call) => (await import("../../keeper/command.ts")).runKeeper(call),
};
