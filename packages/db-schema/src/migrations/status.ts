import { bundledMigrations } from "../migrations.generated.ts";
import { moduleNames } from "../modules.ts";
import { readLedger } from "./ledger.ts";
import { labelOf, nameOf } from "./migration.ts";
import type { PlanOptions } from "./options.ts";
import { ofModules, withSession } from "./runner.ts";

export interface MigrationState {
  module: string;
  name: string;
  /** `changed`: applied, but the file differs now. `unknown`: applied by a version that had other files. */
  state: "applied" | "pending" | "changed" | "unknown";
  appliedAt: Date | undefined;
}

/** Every migration known to this version or to the database, with its state. Changes nothing. */
export async function status({ modules = moduleNames, ...target }: PlanOptions): Promise<MigrationState[]> {
  const wanted = ofModules(bundledMigrations, modules);
  return withSession("status", target, async (session) => {
    const applied = new Map((await readLedger(session)).map((entry) => [labelOf(entry), entry]));
    const known = wanted.map((migration): MigrationState => {
      const entry = applied.get(labelOf(migration));
      applied.delete(labelOf(migration));
      const state =
        entry === undefined ? "pending" : entry.checksum === migration.checksum ? "applied" : "changed";
      return { ...nameOf(migration), state, appliedAt: entry?.appliedAt };
    });
    const labels = new Set(bundledMigrations.map(labelOf));
    const rest = [...applied.values()].map(
      (entry): MigrationState => ({
        module: entry.module,
        name: entry.name,
        state: labels.has(labelOf(entry)) ? "applied" : "unknown",
        appliedAt: entry.appliedAt,
      }),
    );
    return [...known, ...rest];
  });
}
