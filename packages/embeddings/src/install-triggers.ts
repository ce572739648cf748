import { type Database, rowsOf, withDatabaseErrors, withTransaction } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import {
  dropFunctions,
  type EmbeddingTriggerOptions,
  type TriggerPlan,
  triggerPlanOf,
} from "./embedding-triggers.ts";
import type { Source } from "./sources/define-source.ts";

/**
 * Creates the triggers of these sources that are not there yet (see {@link embeddingTriggersFor}), in place of those
 * of an older version. Run it with the login that migrates, after the tables are there; again at each deploy, because
 * they change with the source and with this package. Where they are there it locks nothing.
 *
 * Rows that are there already are not queued: `embedAll` or `sweep` finds them.
 *
 * @returns names of the sources whose triggers were created
 * @throws {DatabaseError} 42501 for a login that does not own the tables; 42883, 42P01 for SQL of a source that means
 * nothing without a search path
 * @throws {EmbeddingsError} INVALID_OPTION
 *
 * @example
 * await migrate({ url });
 * await installEmbeddingTriggers(db, [noteSource]);
 */
export async function installEmbeddingTriggers(
  db: Database,
  sources: readonly Source[],
  options: EmbeddingTriggerOptions = {},
): Promise<{ installed: string[] }> {
  const plans = sources.map((source) => ({ source, plan: triggerPlanOf(source, options) }));
  return withDatabaseErrors("embeddings.installEmbeddingTriggers", () =>
    withTransaction(db, async (tx) => {
      await tx.execute(lockInstallation);
      const installed: string[] = [];
      for (const { source, plan } of plans) {
        const [there] = await rowsOf(tx, isInstalledQuery(plan));
        if (there?.installed === true) continue;
        for (const statement of plan.statements) await tx.execute(statement);
        installed.push(source.name);
      }
      return { installed };
    }),
  );
}

/**
 * Removes the triggers of these sources, of whatever version. Passages and jobs stay.
 * @throws {DatabaseError}
 */
export async function removeEmbeddingTriggers(db: Database, sources: readonly Source[]): Promise<void> {
  await withDatabaseErrors("embeddings.removeEmbeddingTriggers", () =>
    withTransaction(db, async (tx) => {
      await tx.execute(lockInstallation);
      for (const source of sources) await tx.execute(dropFunctions(source));
    }),
  );
}

const lockInstallation: SQL = sql`select pg_advisory_xact_lock(hashtextextended('devora.embedding_triggers', 0))`;

const isInstalledQuery = ({ functions, triggerCount }: TriggerPlan): SQL => sql`
  select count(*) = ${triggerCount}::integer as installed
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'devora' and not t.tgisinternal
    and p.proname = any(${sql.param([...functions])}::text[])`;
