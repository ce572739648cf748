import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Installed } from "./installed.ts";
import { type Frequencies, frequenciesOf, rowCountQuery, termCountsQuery } from "./queries/frequencies.ts";
import { boundInput } from "./queries/input.ts";
import { kernelCall } from "./queries/kernel-call.ts";
import { type Scope, scopeRequest } from "./queries/scope.ts";
import { decodeStatistics, type Statistics, statisticsQuery } from "./queries/statistics.ts";
import { termsJson } from "./queries/term-rows.ts";
import type { Source } from "./source.ts";
import type { Terms } from "./terms.ts";

/** Rows of an owner that are read faster than a statement for just that owner is planned, and counted in no time. */
const manyRows = 2_000;

export interface KnownFrequencies extends Frequencies {
  /** Whether statistics were there. */
  readonly known: boolean;
  /** Whether the owner has so many rows, or may have, that a plan made for most owners would read all of them. */
  readonly many: boolean;
}

interface FrequencyOptions {
  readonly sources: readonly Source[];
  readonly scope: Scope;
  readonly terms: Terms;
  readonly installed: Installed;
  readonly signal: AbortSignal | undefined;
}

/**
 * How often a query's terms occur in the scope. Counted is what the statistics do not tell, and of an owner of few
 * rows everything, because the words of one differ from those of all. A single term needs no weight: only statistics
 * are asked.
 */
export async function readFrequencies(db: Database, options: FrequencyOptions): Promise<KnownFrequencies> {
  const { sources, scope, terms, installed, signal } = options;
  const known = installed.statistics ? await readStatistics(db, options) : undefined;
  const many = (known?.rows ?? Number.POSITIVE_INFINITY) > manyRows;
  const isKnown = (ordinal: number) => known !== undefined && many && (known.shares[ordinal] ?? 0) > 0;
  const termCount = terms.terms.length;
  const counted = terms.terms
    .map((term, ordinal) => ({ ...term, ordinal }))
    .filter(({ ordinal }) => !isKnown(ordinal));
  if (known !== undefined && (counted.length === 0 || termCount === 1)) {
    return { ...frequenciesOf([], known, termCount), known: true, many };
  }
  const statements = sources.flatMap((source) => {
    const request = {
      ...scopeRequest(source, scope),
      terms: termsJson(source, counted),
      termCount: String(counted.length),
    };
    const kernel = installed.kernels.get(source.name);
    const counts = kernel
      ? kernelCall(kernel.count, { ...request, planned: many || !kernel.isOwn ? "true" : null })
      : termCountsQuery(source, boundInput(request));
    return known ? [sql`(${counts})`] : [sql`(${counts})`, rowCountQuery(source, boundInput(request))];
  });
  signal?.throwIfAborted();
  const rows = await rowsOf(db, sql.join(statements, sql` union all `));
  return { ...frequenciesOf(rows, known, termCount), known: known !== undefined, many };
}

/** Undefined where the scope is narrower than the owner's rows, of which alone the statistics tell. */
async function readStatistics(
  db: Database,
  { sources, scope, terms: { terms }, signal }: FrequencyOptions,
): Promise<Statistics | undefined> {
  const { filters, updatedAfter, updatedBefore, fields = [] } = scope;
  const isNarrow =
    Object.values(filters).some((value) => value !== undefined) ||
    updatedAfter ||
    updatedBefore ||
    fields.length > 0;
  if (isNarrow || sources.some(({ where }) => where !== undefined)) return undefined;
  signal?.throwIfAborted();
  const rows = await rowsOf(db, statisticsQuery(sources, terms, scope.ownerId));
  const statistics = decodeStatistics(rows, sources, terms, scope.ownerId);
  // Nothing is counted yet, or nobody counts.
  return statistics.rows === 0 ? undefined : statistics;
}
