import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import type { Input } from "./input.ts";
import { conditionOf, foundCondition, tableOf } from "./scope.ts";

/** Rows of one source that its BM25 index adds to those that are ranked. */
export const maxBestRows = 1_000;

/** What a BM25 index covers; a statement uses the index only by the same expression. */
export const bm25Text = ({ title, body }: Pick<Source, "title" | "body">): SQL =>
  body === undefined
    ? sql`(coalesce(${title}, ''))`
    : sql`(coalesce(${title}, '') || ' ' || coalesce(${body}, ''))`;

/** Where `pg_textsearch` and the index are. */
export interface Bm25Index {
  readonly schema: string;
  readonly index: string;
}

/** (name, schema, index) of the sources whose BM25 index is there and valid. */
export const bm25IndexesQuery = (sources: readonly Source[]): SQL => sql`
  select s.name, n.nspname as schema, c.oid::regclass::text as index
  from jsonb_to_recordset(${JSON.stringify(
    sources.map(({ name, bm25Index }) => ({ name, index: bm25Index })),
  )}::jsonb) as s(name text, index text)
  join pg_class as c on c.oid = to_regclass(s.index)
  join pg_index as i on i.indexrelid = c.oid and i.indisvalid
  join pg_am as a on a.oid = c.relam and a.amname = 'bm25'
  join pg_extension as e on e.extname = 'pg_textsearch'
  join pg_namespace as n on n.oid = e.extnamespace`;

export const decodeBm25Indexes = (rows: readonly Row[]): ReadonlyMap<string, Bm25Index> =>
  new Map(
    rows.map(({ name, schema, index }) => [String(name), { schema: String(schema), index: String(index) }]),
  );

/**
 * Ids of a source's best rows by BM25, among those that the request's candidates may be. Read from the index in its
 * order: 50,000 rows of 100 words, of which nearly all match, take 11 ms. Where few of the table's rows are the
 * owner's, PostgreSQL scores each of those by its text instead: .05 ms a row.
 */
export function bestRowsQuery(
  source: Source,
  input: Input,
  { schema, index }: Bm25Index,
  words: string,
): SQL {
  const home = sql.identifier(schema);
  return sql`
    select ${source.name}::text as name, ${source.id}::text as id
    from ${tableOf(source, input)}
    where ${conditionOf(source, input)} and ${foundCondition(source, "candidates", input)}
    order by ${bm25Text(source)} operator(${home}.<@>) ${home}.to_bm25query(${words}::text, ${index}::text)
    limit ${maxBestRows}::int`;
}

/** By source, ids as a JSON list. */
export function decodeBestRows(rows: readonly Row[]): ReadonlyMap<string, string> {
  const names = [...new Set(rows.map(({ name }) => String(name)))];
  const idsOf = (wanted: string) => rows.flatMap(({ name, id }) => (name === wanted ? [String(id)] : []));
  return new Map(names.map((name) => [name, JSON.stringify(idsOf(name))]));
}
