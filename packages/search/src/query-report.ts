import { type Database, rowsOf, withDatabaseErrors } from "@devora/db-schema";
import { asService } from "./as-service.ts";
import type { SearchContext } from "./context.ts";
import { SearchError } from "./errors.ts";
import { assertDate, assertNumber, requiredDate, wholeNumber } from "./options.ts";
import { decodeQueryReport, type QueryReport, queryReportQuery } from "./queries/query-report.ts";
import type { Source } from "./source.ts";

export interface QueryReportOptions {
  /** Searches of this time or later; the more of them, the longer the report takes. */
  from: Date;
  /** Searches before this time. Default: all since `from`. */
  to?: Date | undefined;
  /** Queries in each list, 1 to 1,000. Default 20. */
  limit?: number | undefined;
  /** A query is slow when its 95th percentile is above this. In milliseconds, 0 to 1,000,000. Default 100. */
  slowerThanMs?: number | undefined;
  /**
   * Texts of queries that fewer owners made in the time are left out; 1 shows what single people typed, 0 searches
   * without owners as well. 0 to 1,000,000. Default 5.
   */
  minOwners?: number | undefined;
  /** Your own transaction, with the scope that it has. Default: the service's. */
  db?: Database | undefined;
  /** Refuses to begin once aborted. */
  signal?: AbortSignal | undefined;
}

/** Slow, popular and fruitless queries of a time, out of the log. Ties by hash. */
export async function reportQueries(
  context: Pick<SearchContext<Source>, "db" | "serviceRole">,
  options: QueryReportOptions,
): Promise<QueryReport> {
  const verb = "reportQueries";
  const from = requiredDate(verb, "from", options.from);
  const { to, slowerThanMs = 100 } = options;
  assertDate(verb, "to", to);
  if (to !== undefined && to <= from) {
    throw new SearchError(
      "INVALID_OPTION",
      `${verb}: to must be after from; received a time before it, or the same.`,
    );
  }
  assertNumber(verb, "slowerThanMs", slowerThanMs, { min: 0, max: 1_000_000 });
  const limit = wholeNumber(verb, "limit", options.limit, { initial: 20, min: 1, max: 1_000 });
  const minOwners = wholeNumber(verb, "minOwners", options.minOwners, { initial: 5, min: 0, max: 1_000_000 });
  options.signal?.throwIfAborted();
  const query = queryReportQuery({ from, to, slowerThanMs, minOwners, limit });
  return withDatabaseErrors(`search.${verb}`, () =>
    asService(context, options.db, async (db) => decodeQueryReport(await rowsOf(db, query), limit)),
  );
}
