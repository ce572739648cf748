import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

export interface QueryReportParameters {
  readonly from: Date;
  readonly to: Date | undefined;
  readonly slowerThanMs: number;
  readonly minOwners: number;
  readonly limit: number;
}

/** The searches of one query, whatever its case and the spaces around it. */
export interface ReportedQuery {
  /** In lower case; undefined where only its hash was kept, or where fewer than `minOwners` owners made it. */
  query: string | undefined;
  /** SHA-256 of the query in lower case, in hexadecimal: names it where its text may not be shown. */
  queryHash: string;
  searches: number;
  /** Distinct owners; searches without an owner count none. */
  owners: number;
  /** How many of the searches found nothing by the query as it was typed. */
  withoutResults: number;
  meanDurationMs: number;
  /** 95 of 100 searches took this long or less; one of the times measured. */
  p95DurationMs: number;
  /** Rows found, on average. */
  meanResults: number;
  lastAt: Date;
}

export interface QueryReport {
  /** Whose `p95DurationMs` is above `slowerThanMs`, the slowest first. */
  slow: ReportedQuery[];
  /** The most frequent first. */
  popular: ReportedQuery[];
  /** With searches that found nothing, those with most of them first. */
  withoutResults: ReportedQuery[];
}

/** One row for each query that is in one of the lists at least, with its place in each. */
export const queryReportQuery = ({
  from,
  to,
  slowerThanMs,
  minOwners,
  limit,
}: QueryReportParameters): SQL => sql`
  with logged as (
    select query_hash,
           case when count(distinct owner_id) >= ${minOwners}::int then lower(btrim(max(query))) end as query,
           count(*)::int as searches,
           count(distinct owner_id)::int as owners,
           (count(*) filter (where result_count = 0))::int as fruitless,
           avg(duration_ms)::float8 as mean_ms,
           percentile_disc(0.95) within group (order by duration_ms)::float8 as p95_ms,
           avg(result_count)::float8 as mean_results,
           max(occurred_at) as last_at
    from devora.search_queries
    where occurred_at >= ${from.toISOString()}::timestamptz
      and occurred_at < coalesce(${to?.toISOString() ?? null}::timestamptz, 'infinity')
    group by query_hash
  ),
  placed as (
    select *,
           case when p95_ms > ${slowerThanMs}::float8
             then row_number() over (order by p95_ms desc, query_hash) end as slow_place,
           row_number() over (order by searches desc, query_hash) as popular_place,
           case when fruitless > 0
             then row_number() over (order by fruitless desc, query_hash) end as fruitless_place
    from logged
  )
  select query, query_hash, searches, owners, fruitless, mean_ms, p95_ms, mean_results,
         (extract(epoch from last_at) * 1000)::float8 as last_at_ms,
         slow_place::int, popular_place::int, fruitless_place::int
  from placed
  where least(slow_place, popular_place, fruitless_place) <= ${limit}::int`;

type Place = "slow_place" | "popular_place" | "fruitless_place";

export function decodeQueryReport(rows: readonly Row[], limit: number): QueryReport {
  const listed = (place: Place): ReportedQuery[] =>
    rows
      .filter((row) => row[place] !== null && Number(row[place]) <= limit)
      .sort((a, b) => Number(a[place]) - Number(b[place]))
      .map(decodeQuery);
  return {
    slow: listed("slow_place"),
    popular: listed("popular_place"),
    withoutResults: listed("fruitless_place"),
  };
}

const decodeQuery = (row: Row): ReportedQuery => ({
  query: row.query === null ? undefined : String(row.query),
  queryHash: String(row.query_hash),
  searches: Number(row.searches),
  owners: Number(row.owners),
  withoutResults: Number(row.fruitless),
  meanDurationMs: Number(row.mean_ms),
  p95DurationMs: Number(row.p95_ms),
  meanResults: Number(row.mean_results),
  lastAt: new Date(Number(row.last_at_ms)),
});
