import { RagError } from "../errors.ts";
import { withoutWeak } from "../fuse-passages.ts";
import type { Leg, ResolvedOptions } from "../resolve-options.ts";
import { type LegOutcome, runRetrievers } from "../run-retrievers.ts";

/** What the retrievers are asked, and how. */
export interface RecordOptions {
  readonly legs: readonly Leg[];
  readonly questions: readonly { readonly query: string; readonly ownerId: string }[];
  /** Passages asked of each retriever. */
  readonly limit: number;
  /** Questions under way at a time. */
  readonly concurrency: number;
  readonly clock: Pick<ResolvedOptions, "now" | "sleep">;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What became of one retriever over all questions. */
export interface FailureCounts {
  readonly failed: number;
  readonly timedOut: number;
  /** Answered, but said that better passages may have been missed. */
  readonly incomplete: number;
  /** How often each error code came. */
  readonly errorCodes: Readonly<Record<string, number>>;
}

/**
 * Asks every retriever each question once, and keeps what came.
 * @returns one list per question, in their order, with an outcome per leg
 * @throws {RagError} RETRIEVAL_FAILED when no retriever answered any question; the signal's reason
 */
export async function recordRuns(options: RecordOptions): Promise<LegOutcome[][]> {
  const { legs, questions, limit, concurrency, clock, signal, onProgress } = options;
  const runs: LegOutcome[][] = questions.map(() => []);
  const waiting = questions.entries();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [place, { query, ownerId }] of waiting) {
      // Each by itself: a retriever's figures must not depend on its company.
      const apart = { ...clock, db: undefined, role: undefined };
      const outcomes = await runRetrievers(legs, { query, ownerId, limit, signal }, apart);
      runs[place] = withoutWeak(outcomes).strong;
      done += 1;
      onProgress?.(done, questions.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, questions.length) }, work));
  assertSomeAnswered(legs, runs);
  return runs;
}

/** Failures of one leg. */
export function countFailures(runs: readonly (readonly LegOutcome[])[], name: string): FailureCounts {
  const reports = runs.flatMap((outcomes) =>
    outcomes.flatMap(({ leg, report }) => (leg.name === name ? [report] : [])),
  );
  const errorCodes = new Map<string, number>();
  for (const { errorCode } of reports)
    if (errorCode !== undefined) errorCodes.set(errorCode, (errorCodes.get(errorCode) ?? 0) + 1);
  return {
    failed: reports.filter(({ status }) => status === "failed").length,
    timedOut: reports.filter(({ status }) => status === "timed-out").length,
    incomplete: reports.filter(({ status, complete }) => status === "ok" && !complete).length,
    errorCodes: Object.fromEntries(errorCodes),
  };
}

function assertSomeAnswered(legs: readonly Leg[], runs: readonly (readonly LegOutcome[])[]): void {
  const outcomes = runs.flat();
  if (outcomes.some(({ report }) => report.status === "ok")) return;
  const codes = Object.fromEntries(
    legs.map(({ name }) => [name, Object.keys(countFailures(runs, name).errorCodes).join(" ")]),
  );
  throw new RagError(
    "RETRIEVAL_FAILED",
    `evaluate: no retriever answered any question: ${Object.entries(codes)
      .map(([name, code]) => `${name} (${code})`)
      .join(", ")}. The errors of the first question are in \`cause.errors\`.`,
    { cause: new AggregateError((runs[0] ?? []).map(({ error }) => error)), details: { retrievers: codes } },
  );
}
