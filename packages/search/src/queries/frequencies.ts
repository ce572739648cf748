import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import type { Input } from "./input.ts";
import { conditionOf, tableOf } from "./scope.ts";
import type { Statistics } from "./statistics.ts";
import { termCondition, termRowsOf } from "./term-rows.ts";

/** How often a query's terms occur in the rows that a call may find. All are sums over the sources. */
export interface Frequencies {
  /** Rows in scope, as far as is known. */
  readonly rows: number;
  /** Rows with each term: counted, or by the statistics. */
  readonly terms: readonly number[];
}

export const maxCountedRows = 5_000;
/** Rows that a scope is taken to have when they are too many to be counted. */
const assumedRows = 4 * maxCountedRows;
/** Most rows with a term that are counted in one source. */
export const maxCountedMatches = 2_001;

/**
 * Counts the terms that are to be counted in one source: (ordinal, count). Each count is an index scan of its own that
 * ends at its limit, so that a frequent word costs no more than the limit; one pass over all matching rows that tests
 * every term on each took three times as long.
 */
export function termCountsQuery(source: Source, input: Input): SQL {
  return sql`
    select t.ordinal, (
      select count(*)::int from (
        select from ${tableOf(source, input)}
        where ${conditionOf(source, input)} and ${termCondition(source)}
        limit ${maxCountedMatches}::int
      ) as s
    ) as count
    from (${termRowsOf(source, input)}) as t`;
}

/** Rows in scope: an index says how many, whatever the policies. In the shape of {@link termCountsQuery}. */
export const rowCountQuery = (source: Source, input: Input): SQL => sql`
  select null::int as ordinal, count(*)::int as count
  from (select from ${source.table} where ${conditionOf(source, input)} limit ${maxCountedRows}::int) as s`;

/**
 * What was counted and what the statistics tell, together. Of a term in more rows than are counted the statistics tell
 * the share; without them it is taken to be halfway between what was counted and all.
 */
export function frequenciesOf(
  counted: readonly Row[],
  statistics: Statistics | undefined,
  termCount: number,
): Frequencies {
  const sumOf = (wanted: number | null): number | undefined => {
    const found = counted.filter(({ ordinal }) => ordinal === wanted);
    return found.length === 0 ? undefined : found.reduce((sum, { count }) => sum + Number(count), 0);
  };
  const counts = Array.from({ length: termCount }, (_, ordinal) => sumOf(ordinal));
  const inScope = sumOf(null) ?? 0;
  const known = statistics?.rows ?? (inScope < maxCountedRows ? inScope : assumedRows);
  const rows = Math.max(known, ...counts.map((count) => count ?? 0));
  const terms = counts.map((count, ordinal) => {
    if (count !== undefined && count < maxCountedMatches) return count;
    const share = statistics?.shares[ordinal];
    if (share !== undefined) return Math.max(count ?? 0, share * rows);
    return count === undefined ? 0 : Math.min(rows, (count + rows) / 2);
  });
  return { rows, terms };
}
