import type { Command } from "../command.ts";
import { doctorCommand } from "./doctor.ts";
import { migrateCommand } from "./migrate.ts";
import { partitionsCommand } from "./partitions.ts";
import { pushCommand } from "./push.ts";
import { restoreCommand } from "./restore.ts";
import { rollbackCommand } from "./rollback.ts";
import { seedCommand } from "./seed.ts";
import { statusCommand } from "./status.ts";

/** Every command of `devora-db`, in the order of the help. */
export const commands: readonly Command[] = [
  migrateCommand,
  rollbackCommand,
  statusCommand,
  pushCommand,
  doctorCommand,
  partitionsCommand,
  restoreCommand,
  seedCommand,
];
