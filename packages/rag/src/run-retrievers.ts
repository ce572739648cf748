import { codeOf } from "./errors.ts";
import type { Passage, RetrieverCall } from "./ports.ts";
import type { Leg, ResolvedOptions } from "./resolve-options.ts";
import { type Ask, startTogether } from "./retrieve-together.ts";
import { DeadlineError, untilDeadline } from "./until-deadline.ts";

/** What became of one retriever in one call. */
export interface RetrieverReport {
  readonly status: "ok" | "failed" | "timed-out";
  /** Passages that it answered. */
  readonly passages: number;
  /** False when it failed, or said itself that it may have missed better passages. */
  readonly complete: boolean;
  readonly tookMs: number;
  /** The `code` of its error, else the error's name. */
  readonly errorCode?: string;
  /** Whether it answered by the one statement of several retrievers; absent where there was none. */
  readonly together?: boolean;
  /**
   * Why it answered by itself: `NO_SQL` for this query; `TOO_FEW`, its SQL looked less far; else the SQLSTATE with
   * which the statement failed, such as 57014 where it took more than a third of the shortest deadline.
   */
  readonly apartCode?: string;
}

/** One retriever's passages, none when it failed, with its report. */
export interface LegOutcome {
  readonly leg: Leg;
  readonly passages: readonly Passage[];
  readonly report: RetrieverReport;
  readonly error?: unknown;
}

/** What is needed of the options. */
export type RunOptions = Pick<ResolvedOptions, "now" | "sleep" | "db" | "role">;
type Clock = Pick<ResolvedOptions, "now" | "sleep">;
type Call = Omit<RetrieverCall, "signal"> & { readonly signal?: AbortSignal | undefined };

/**
 * Asks all retrievers, several of one database in one statement (see {@link startTogether}), the others side by side;
 * each until its own deadline. One that throws, answers nonsense or is late has no passages and an `error`; its signal
 * is aborted, and what it does afterwards is ignored.
 */
export async function runRetrievers(
  legs: readonly Leg[],
  call: Call,
  options: RunOptions,
): Promise<LegOutcome[]> {
  const { signal, ...shared } = call;
  signal?.throwIfAborted();
  const { asks, ended } = startTogether(legs, shared, options);
  const askOf = (leg: Leg): Ask => asks.get(leg) ?? ((legCall) => leg.retriever.retrieve(legCall));
  const outcomes = await Promise.all(legs.map((leg) => runLeg(leg, askOf(leg), { call, clock: options })));
  // The caller's connection is given back as it was, and not with a savepoint still open.
  if (call.db !== undefined) await ended;
  signal?.throwIfAborted();
  return outcomes;
}

interface LegRun {
  readonly call: Call;
  readonly clock: Clock;
}

async function runLeg(leg: Leg, ask: Ask, { call, clock }: LegRun): Promise<LegOutcome> {
  const startedAt = clock.now();
  const report = (facts: Omit<RetrieverReport, "tookMs">): RetrieverReport => ({
    ...facts,
    tookMs: clock.now() - startedAt,
  });
  try {
    const { passages, complete, together, apartCode } = await untilDeadline(
      (signal) => ask({ ...call, signal }),
      { ...clock, name: `retriever ${leg.name}`, deadlineMs: leg.deadlineMs, signal: call.signal },
    );
    assertPassages(passages);
    return {
      leg,
      passages,
      report: report({
        status: "ok",
        passages: passages.length,
        complete,
        ...(together === undefined ? {} : { together }),
        ...(apartCode === undefined ? {} : { apartCode }),
      }),
    };
  } catch (error) {
    const status = error instanceof DeadlineError ? "timed-out" : "failed";
    const errorCode = codeOf(error);
    return { leg, passages: [], error, report: report({ status, passages: 0, complete: false, errorCode }) };
  }
}

class InvalidPassagesError extends Error {
  override readonly name = "InvalidPassagesError";
  readonly code = "INVALID_PASSAGES";
}

function assertPassages(passages: unknown): asserts passages is readonly Passage[] {
  const texts = ["id", "source", "entityId", "title", "text"] as const;
  const valid =
    Array.isArray(passages) &&
    passages.every((passage) => texts.every((field) => typeof passage?.[field] === "string"));
  if (!valid)
    throw new InvalidPassagesError(
      `A retriever must answer { passages } with the texts ${texts.join(", ")} in each; check it with checkRetriever of @devora/rag/testing.`,
    );
}
