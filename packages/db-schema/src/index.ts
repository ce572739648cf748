export { type ArchivedEvent, readArchive } from "./archive/read-archive.ts";
export { type RestoredEvents, type RestoreOptions, restoreArchive } from "./archive/restore-archive.ts";
export { type ArchiveOptions, archiveTo, type WrittenArchive } from "./archive/write-archive.ts";
export { bytea, softDelete, timestamps, tsvector } from "./columns.ts";
export { type Database, type Row, rowsOf } from "./database.ts";
export {
  DatabaseError,
  driverErrorOf,
  isDatabaseError,
  toDatabaseError,
  withDatabaseErrors,
} from "./database-error.ts";
export type { DetachedMonth } from "./detached-month.ts";
export type { DoctorTarget } from "./doctor/ask.ts";
export { type DoctorOptions, doctor } from "./doctor/doctor.ts";
export type { Finding, Severity } from "./doctor/finding.ts";
export {
  type DropPartitionsOptions,
  type DroppedPartitions,
  dropPartitionsBefore,
} from "./drop-partitions.ts";
export { isSchemaError, SchemaError, type SchemaErrorCode } from "./errors.ts";
export { newId, uuidV7 } from "./ids.ts";
export { migrate, plan, planRollback, rollback } from "./migrations/migrate.ts";
export type { MigrationName } from "./migrations/migration.ts";
export type {
  MigrateOptions,
  MigrationRunOptions,
  PlanOptions,
  RollbackOptions,
} from "./migrations/options.ts";
export type { PlannedMigration } from "./migrations/runner.ts";
export type { MigrationTarget } from "./migrations/session.ts";
export { type MigrationState, status } from "./migrations/status.ts";
export type { MigrationRetry } from "./migrations/step.ts";
export { type ModuleName, moduleNames } from "./modules.ts";
export { type OwnerColumn, ownedBy, ownerPolicies } from "./owned.ts";
export { type EnsurePartitionsOptions, ensurePartitions } from "./partitions.ts";
export { type PruneEventIdsOptions, pruneEventIds } from "./prune-event-ids.ts";
export { type RowSecurityOptions, rlsFor, type TablePrivilege } from "./row-security.ts";
export * from "./schema/index.ts";
export {
  type ReadCall,
  type ReadOptions,
  type ScopeOptions,
  withReadScope,
  withService,
  withUser,
} from "./scope.ts";
export {
  type AccentFoldingConfig,
  accentFoldingConfig,
  type SearchLanguages,
  type SearchVectorParts,
  searchVector,
  textConfig,
} from "./search-vector.ts";
export { type TransactionConfig, withTransaction } from "./transaction.ts";
