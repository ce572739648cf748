import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import type { Terms } from "../terms.ts";
import { matchCondition, type Scope, scopeCondition } from "./scope.ts";
import { keysOf, termCondition, termRows } from "./term-rows.ts";

/** How often a query's terms occur in the rows that a call may find. */
export interface Frequencies {
  /** Rows in scope; counted up to {@link maxCountedRows} in each source. */
  readonly rows: number;
  /** Rows with at least one word, and with every word. */
  readonly any: number;
  readonly all: number;
  /** Rows with each term. */
  readonly terms: readonly number[];
}

export const maxCountedRows = 5_000;

/**
 * Counts in all sources by one statement. Each count is an index scan of its own, so that it costs what it finds;
 * one pass over all matching rows that tests every term on each took three times as long.
 */
export function frequenciesQuery(sources: readonly Source[], terms: Terms, scope: Scope): SQL {
  const keys = keysOf(terms.terms);
  const counts = sources.map((source) => {
    const rows = (condition: SQL) =>
      sql`(select count(*)::int from ${source.table} where ${scopeCondition(source, scope)} and ${condition})`;
    return sql`
      select 'term' as kind, t.ordinal, ${rows(termCondition(source, keys))} as count from terms as t
      union all select 'any', null, ${rows(matchCondition(source, terms.any()))}
      union all select 'all', null, ${rows(matchCondition(source, terms.all))}
      union all select 'rows', null, count(*)::int
      from (select from ${source.table} where ${scopeCondition(source, scope)} limit ${maxCountedRows}::int) as s`;
  });
  return sql`
    with terms as materialized (${termRows(terms.terms)})
    ${sql.join(counts, sql` union all `)}`;
}

export function decodeFrequencies(rows: readonly Row[], termCount: number): Frequencies {
  const sums = { any: 0, all: 0, rows: 0 };
  const terms = Array.from({ length: termCount }, () => 0);
  for (const { kind, ordinal, count } of rows) {
    if (kind === "term") terms[Number(ordinal)] = (terms[Number(ordinal)] ?? 0) + Number(count);
    else if (kind === "any" || kind === "all" || kind === "rows") sums[kind] += Number(count);
  }
  return { ...sums, terms };
}
