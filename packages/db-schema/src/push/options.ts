import type { MigrationName } from "../migrations/migration.ts";
import type { MigrationTarget } from "../migrations/session.ts";
import type { ModuleName } from "../modules.ts";
import type { Discarded } from "./findings.ts";

/** A statement that is about to run. */
export interface PushStep {
  statement: string;
  /** From 0. */
  index: number;
  total: number;
}

export interface PushOptions extends MigrationTarget {
  /**
   * Drizzle tables to bring the database to: the exports of a schema file. Each describes its table in full; tables
   * it does not name are left alone. Default: the tables of this package, of the modules.
   */
  schema?: Readonly<Record<string, unknown>>;
  /** Modules whose migrations come first. Default: those that the database has; all on an empty one. */
  modules?: readonly ModuleName[];
  /** Answers what would run, and changes nothing. Default false. */
  dryRun?: boolean;
  /** How long to wait for another process that migrates or pushes, in ms. Default 60,000. */
  lockTimeoutMs?: number;
  /** Called before each statement, inside the transaction; awaited. */
  onStep?: (step: PushStep) => void | Promise<void>;
}

export interface PushResult {
  /** Migrations that were applied first; in a dry run those that would be. */
  migrated: MigrationName[];
  /** What ran, in order; in a dry run what would. Empty when the database has everything already. */
  statements: string[];
  /** Differences that stay, each with its reason. */
  discarded: Discarded[];
}
