import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Installed } from "./installed.ts";
import { type Frequencies, frequenciesOf, rowCountQuery, termCountsQuery } from "./queries/frequencies.ts";
import { boundInput } from "./queries/input.ts";
import { kernelCall } from "./queries/kernel-call.ts";
import { type Scope, scopeRequest } from "./queries/scope.ts";
import type { Statistics } from "./queries/statistics.ts";
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
  readonly statistics: Statistics | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * How often a query's terms occur in the scope. Counted is what the statistics do not tell, and of an owner of few
 * rows everything, because the words of one differ from those of all. A single term needs no weight: only statistics
 * are asked.
 */
export async function readFrequencies(db: Database, options: FrequencyOptions): Promise<KnownFrequencies> {
  const { sources, scope, terms, installed, statistics: known, signal } = options;
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

/** The statistics tell of an owner's rows, and of all; not of a narrower scope. */
export function canBeKnown({ sources, scope }: Pick<FrequencyOptions, "sources" | "scope">): boolean {
  const { filters, updatedAfter, updatedBefore, fields = [] } = scope;
  const isNarrow =
    Object.values(filters).some((value) => value !== undefined) ||
    updatedAfter ||
    updatedBefore ||
    fields.length > 0;
  return !isNarrow && sources.every(({ where }) => where === undefined);
}
