import { codeOf } from "./errors.ts";
import type { Passage, RetrieverCall, RetrieverResult } from "./ports.ts";
import type { Leg, ResolvedOptions } from "./resolve-options.ts";

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
}

/** One retriever's passages, none when it failed, with its report. */
export interface LegOutcome {
  readonly leg: Leg;
  readonly passages: readonly Passage[];
  readonly report: RetrieverReport;
  readonly error?: unknown;
}

type Clock = Pick<ResolvedOptions, "now" | "sleep">;
type Call = Omit<RetrieverCall, "signal"> & { readonly signal?: AbortSignal | undefined };

/**
 * Asks all retrievers side by side, each until its own deadline. One that throws, answers nonsense or is late has
 * no passages and an `error`; its signal is aborted, and what it does afterwards is ignored.
 */
export async function runRetrievers(legs: readonly Leg[], call: Call, clock: Clock): Promise<LegOutcome[]> {
  call.signal?.throwIfAborted();
  const outcomes = await Promise.all(legs.map((leg) => runLeg(leg, call, clock)));
  call.signal?.throwIfAborted();
  return outcomes;
}

async function runLeg(leg: Leg, call: Call, clock: Clock): Promise<LegOutcome> {
  const startedAt = clock.now();
  const report = (facts: Omit<RetrieverReport, "tookMs">): RetrieverReport => ({
    ...facts,
    tookMs: clock.now() - startedAt,
  });
  try {
    const { passages, complete } = await untilDeadline(leg, call, clock);
    assertPassages(passages);
    return { leg, passages, report: report({ status: "ok", passages: passages.length, complete }) };
  } catch (error) {
    const status = error instanceof DeadlineError ? "timed-out" : "failed";
    const errorCode = codeOf(error);
    return { leg, passages: [], error, report: report({ status, passages: 0, complete: false, errorCode }) };
  }
}

async function untilDeadline(leg: Leg, call: Call, { sleep }: Clock): Promise<RetrieverResult> {
  const work = new AbortController();
  const timer = new AbortController();
  const stop = () => {
    work.abort(call.signal?.reason);
    timer.abort(call.signal?.reason);
  };
  call.signal?.addEventListener("abort", stop, { once: true });
  const deadline = sleep(leg.deadlineMs, timer.signal).then(() => {
    const error = new DeadlineError(leg);
    work.abort(error);
    throw error;
  });
  try {
    // In a function, so that a retriever that throws before its promise fails like any other.
    const found = (async () => leg.retriever.retrieve({ ...call, signal: work.signal }))();
    return await Promise.race([found, deadline]);
  } finally {
    call.signal?.removeEventListener("abort", stop);
    timer.abort();
  }
}

class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly code = "TIMEOUT";
  readonly retryable = true;

  constructor(leg: Leg) {
    super(`The retriever ${leg.name} did not answer within ${leg.deadlineMs} ms.`);
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
