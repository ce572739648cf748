import type { ModuleName } from "../modules.ts";
import type { MigrationTarget } from "./session.ts";
import type { MigrationRetry } from "./step.ts";

/** How to wait, and whom to tell. */
export interface MigrationRunOptions extends MigrationTarget {
  /**
   * How long to wait for another process that migrates, and then for each migration to get the locks on its
   * tables, in ms. Default 60,000.
   */
  lockTimeoutMs?: number;
  /** Called before each migration. */
  onStep?: (step: { module: ModuleName; name: string; index: number; total: number }) => void;
  /** Called when a migration found a table in use and will be tried again. */
  onRetry?: (retry: MigrationRetry) => void;
}

export interface MigrateOptions extends MigrationRunOptions {
  /** Modules to install, with what they require. Default: all. */
  modules?: readonly ModuleName[];
}

export interface RollbackOptions extends MigrationRunOptions {
  /** How many migrations to take back, newest first. */
  steps: number;
}

export interface PlanOptions extends MigrationTarget {
  /** Modules to look at, with what they require. Default: all. */
  modules?: readonly ModuleName[];
}
