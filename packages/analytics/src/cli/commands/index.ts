import type { Command } from "../command.ts";
import { flushCommand } from "./flush.ts";
import { parkedCommand } from "./parked.ts";
import { reconcileCommand } from "./reconcile.ts";
import { replayCommand } from "./replay.ts";
import { statusCommand } from "./status.ts";

export const commands: readonly Command[] = [
  statusCommand,
  flushCommand,
  parkedCommand,
  replayCommand,
  reconcileCommand,
];
