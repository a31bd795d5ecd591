/** The operator's commands, in the order of the help. */
import type { OperatorCommand } from "./command.ts";

export const operatorCommands: readonly OperatorCommand[] = [];
