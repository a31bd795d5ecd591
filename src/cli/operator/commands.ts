/** The operator's commands, in the order of the help. */
import type { OperatorCommand } from "./command.ts";
import { completeCommand, completionCommand } from "./completion.ts";
import { configureCommand } from "./configure.ts";
import { doctorCommand } from "./doctor.ts";
import { eventsCommand } from "./events.ts";
import { gcCommand } from "./gc.ts";
import { graphCommand } from "./graph.ts";
import { attachCommand, detachCommand, routeCommand, ruleCommand, tcCommand, waitCommand } from "./guest.ts";
import { inspectAllCommand, inspectCommand } from "./inspect.ts";
import { keeperCommand } from "./keeper.ts";
import { lsCommand } from "./ls.ts";
import { releaseCommand, renewCommand } from "./renew.ts";

export const operatorCommands: readonly OperatorCommand[] = [
  doctorCommand,
  lsCommand,
  inspectCommand,
  inspectAllCommand,
  graphCommand,
  attachCommand,
  detachCommand,
  waitCommand,
  routeCommand,
  ruleCommand,
  tcCommand,
  gcCommand,
  renewCommand,
  releaseCommand,
  eventsCommand,
  keeperCommand,
  configureCommand,
  completionCommand,
  completeCommand,
];
