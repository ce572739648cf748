import { type Database, rowsOf, withDatabaseErrors, withTransaction } from "@devora/db-schema";
import { is, type SQL, sql } from "drizzle-orm";
import { getTableConfig, PgColumn } from "drizzle-orm/pg-core";
import type { Source } from "./source.ts";

/**
 * The statement that counts a source's words from now on, and those of the rows that are there: three triggers on its
 * table. Running it again changes nothing, unless the source's columns changed: then its rows are counted anew.
 *
 * Run it as the login that migrated, which must own the table, after module `search`; writers of the table wait
 * meanwhile. Under row level security `devora_service` must see all rows (`rlsFor` of `@devora/db-schema`).
 * A title or body that is SQL does not feed the vocabulary; nor do rows for everybody of which `where` hides some.
 *
 * @example
 * for (const statement of searchStatisticsFor(bookSource)) await db.execute(statement);
 * // select devora.track_search_source('"books"'::regclass, 'books', 'id', 'tenant', '', 'en', 'search', 'title', 'blurb', '')
 */
export const searchStatisticsFor = (source: Source): SQL[] => [
  sql`select devora.track_search_source(${parametersOf(source)})`,
];

export interface BackfillOptions {
  db: Database;
  sources: readonly Source[];
}

/**
 * Counts the rows of sources anew, each in a transaction of its own, for what triggers cannot see: `truncate`, and
 * rows written while they were off. `refreshStatistics` folds the result. Rights as for {@link searchStatisticsFor}.
 *
 * @throws {DatabaseError}
 */
export async function backfillStatistics({ db, sources }: BackfillOptions): Promise<void> {
  await withDatabaseErrors("search.backfillStatistics", async () => {
    for (const source of sources) {
      const recount = sql`select devora.recount_search_source(${parametersOf(source)})`;
      await withTransaction(db, (tx) => rowsOf(tx, recount));
    }
  });
}

const parametersOf = (source: Source): SQL => {
  const { schema, name } = getTableConfig(source.table);
  const table = [schema, name].filter((part) => part !== undefined).map(quoted);
  const values = argumentsOf(source).map((value) => sql`${value}::text`);
  return sql`${table.join(".")}::text::regclass, ${sql.join(values, sql`, `)}`;
};

function argumentsOf(source: Source): string[] {
  const { name, id, owner, language, vector, title, body, deletedAt, where } = source;
  const constant = typeof language === "string";
  const feeds = owner !== undefined || where === undefined;
  const text = [title, body].map((column) => (feeds && is(column, PgColumn) ? column.name : ""));
  return [
    name,
    id.name,
    owner?.name ?? "",
    constant ? "" : language.name,
    constant ? language : "",
    vector.name,
    ...text,
    deletedAt?.name ?? "",
  ];
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
