import { type Database, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { SearchError } from "./errors.ts";
import {
  bestRowsQuery,
  bm25IndexesQuery,
  bm25Text,
  decodeBestRows,
  decodeBm25Indexes,
} from "./queries/bm25.ts";
import { boundInput, type SearchRequest } from "./queries/input.ts";
import type { Source } from "./source.ts";

/**
 * The statement that makes a source's BM25 index; for the login that owns the table, once the rows are there.
 * Needs the extension `pg_textsearch` (PostgreSQL 17 or 18).
 *
 * @throws {SearchError} INVALID_SOURCE for a source without `bm25Index`
 *
 * @example
 * await db.execute(bm25IndexFor(bookSource));
 * // create index if not exists "books_bm25_idx" on "books" using bm25 ((…)) with (text_config = 'devora.devora_en')
 */
export function bm25IndexFor(source: Source): SQL {
  const { name, bm25Index, table } = source;
  if (bm25Index === undefined) {
    throw new SearchError(
      "INVALID_SOURCE",
      `bm25IndexFor: source ${name} names no bm25Index. Name one: defineSource({ bm25Index: "${name}_bm25_idx" }).`,
    );
  }
  return sql`create index if not exists ${sql.identifier(bm25Index)} on ${table}
    using bm25 (${bm25Text(source)}) with (text_config = ${sql`${configOf(source)}`.inlineParams()})`;
}

/** As the rows' vectors were made with. */
function configOf({ language, languages }: Source): string {
  const own = typeof language === "string" ? languages[language] : undefined;
  if (own === undefined) return `devora.devora_${language}`;
  return own.includes(".") ? own : `pg_catalog.${own}`;
}

/**
 * Where more rows match than are ranked: ids of those that BM25 holds best, by source, as JSON lists. Of sources whose
 * index is not there, none.
 */
export async function bestRows(
  db: Database,
  sources: readonly Source[],
  { requestOf, words, signal }: BestRowsOptions,
): Promise<ReadonlyMap<string, string>> {
  const declared = sources.filter(({ bm25Index }) => bm25Index !== undefined);
  if (declared.length === 0) return new Map();
  signal?.throwIfAborted();
  const indexes = decodeBm25Indexes(await rowsOf(db, bm25IndexesQuery(declared)));
  const statements = declared.flatMap((source) => {
    const index = indexes.get(source.name);
    return index ? [sql`(${bestRowsQuery(source, boundInput(requestOf(source)), index, words)})`] : [];
  });
  if (statements.length === 0) return new Map();
  signal?.throwIfAborted();
  return decodeBestRows(await rowsOf(db, sql.join(statements, sql` union all `)));
}

interface BestRowsOptions {
  readonly requestOf: (source: Source) => SearchRequest;
  readonly words: string;
  readonly signal: AbortSignal | undefined;
}
