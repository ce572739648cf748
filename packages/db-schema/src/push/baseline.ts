import { bundledMigrations } from "../migrations.generated.ts";
import type { ModuleName } from "../modules.ts";
import { linkOf } from "./compare-foreign-keys.ts";
import type { Snapshot, SnapshotTable } from "./kit.ts";
import { keyOf } from "./names.ts";

/** Tells what the migrations of this package made on a table although its Drizzle table does not say so. */
export interface Baseline {
  byMigration(table: SnapshotTable, name: string, link?: string): boolean;
}

/** Indexes that the embeddings module makes at run time, one per model. */
const modelIndex = /^embeddings_model_\d+_hnsw_idx$/;

/** @param own the snapshot of this package's tables of the installed modules, unedited */
export function baselineOf(own: Snapshot, modules: readonly ModuleName[]): Baseline {
  const words = new Set(
    bundledMigrations
      .filter((migration) => modules.includes(migration.module))
      .flatMap((migration) => migration.up.match(/\w+/g) ?? []),
  );
  return {
    byMigration: (table, name, link) => {
      const declared = own.tables[keyOf(table)];
      if (declared === undefined) return false;
      const said =
        name in declared.indexes ||
        name in declared.uniqueConstraints ||
        name in declared.checkConstraints ||
        Object.values(declared.foreignKeys).some((key) => linkOf(key) === link);
      return !said && (words.has(name) || modelIndex.test(name));
    },
  };
}
