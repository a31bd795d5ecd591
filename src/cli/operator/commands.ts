/** The operator's commands, in the order of the help. */
import type { OperatorCommand } from "./command.ts";
import { inspectAllCommand, inspectCommand } from "./inspect.ts";

export const operatorCommands: readonly OperatorCommand[] = [inspectCommand, inspectAllCommand];
