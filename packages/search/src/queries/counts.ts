import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import type { Input } from "./input.ts";
import { conditionOf, foundCondition, tableOf } from "./scope.ts";
import type { Statistics } from "./statistics.ts";
import { termCondition, termRowsOf } from "./term-rows.ts";

/** How often a query's terms occur in the rows that a call may find. All are sums over the sources. */
export interface Counts {
  /** Rows in scope; counted up to {@link maxCountedRows} in each source, and only where statistics do not tell. */
  readonly rows: number;
  /** Rows with every word, up to {@link maxRankedRows} + 1 in each source. */
  readonly all: number;
  /** Rows with at least one word, likewise; counted only where those with every word are fewer than asked. */
  readonly any: number;
  /** Whether some source has more of them than were counted. */
  readonly moreThanAll: boolean;
  readonly moreThanAny: boolean;
  /** Rows with each term, up to {@link maxCountedMatches} in each source, and so much for terms that are not counted. */
  readonly terms: readonly number[];
  /** What is known beside. */
  readonly statistics?: Statistics | undefined;
}

export const maxCountedRows = 5_000;
/** No less than {@link maxRankedRows}: where so many have a word, more than can be ranked have any. */
export const maxCountedMatches = 2_001;
/** Most rows that one source ranks: beyond it the rarest words choose, then the ids. */
export const maxRankedRows = 2_000;

/**
 * Counts in one source: (kind, ordinal, count). Each count is an index scan of its own that ends at its limit, so
 * that a frequent word costs no more than the limit; one pass over all matching rows that tests every term on each
 * took three times as long.
 */
export function countsQuery(source: Source, input: Input): SQL {
  const table = tableOf(source, input);
  const scope = conditionOf(source, input);
  const count = (condition: SQL, limit: number) =>
    sql`(select count(*)::int from (select from ${table} where ${scope} and ${condition} limit ${limit}::int) as s)`;
  const every = count(foundCondition(source, "all", input), maxRankedRows + 1);
  const some = count(foundCondition(source, "any", input), maxRankedRows + 1);
  return sql`
    with terms as materialized (${termRowsOf(source, input)}),
    whole as materialized (select ${every} as count),
    counted as materialized (
      select t.ordinal,
             case when not t.counted or whole.count > ${maxRankedRows}::int then ${maxCountedMatches}::int
             else ${count(termCondition(source), maxCountedMatches)} end as count
      from terms as t cross join whole
    )
    select 'term'::text as kind, ordinal, count from counted
    union all select 'all', null, whole.count from whole
    union all select 'any', null,
      case when whole.count >= ${input.value("few", "int")} then 0
           when (select max(counted.count) from counted) >= ${maxCountedMatches}::int then ${maxRankedRows}::int + 1
           else ${some} end
    from whole`;
}

/** Rows in scope: an index says how many, whatever the policies. */
export const rowCountQuery = (source: Source, input: Input): SQL => sql`
  select 'rows'::text as kind, null::int as ordinal, count(*)::int as count
  from (select from ${source.table} where ${conditionOf(source, input)} limit ${maxCountedRows}::int) as s`;

export function decodeCounts(rows: readonly Row[], termCount: number): Counts {
  const counts = { any: 0, all: 0, rows: 0, moreThanAll: false, moreThanAny: false };
  const terms = Array.from({ length: termCount }, () => 0);
  for (const { kind, ordinal, count: value } of rows) {
    const count = Number(value);
    if (kind === "term") terms[Number(ordinal)] = (terms[Number(ordinal)] ?? 0) + count;
    if (kind === "any" || kind === "all" || kind === "rows") counts[kind] += count;
    if (kind === "all") counts.moreThanAll ||= count > maxRankedRows;
    if (kind === "any") counts.moreThanAny ||= count > maxRankedRows;
  }
  return { ...counts, terms };
}
