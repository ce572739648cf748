import { isDatabaseError } from "@devora/db-schema";
import { codeOf } from "./errors.ts";
import type { RetrieverCall, RetrieverResult } from "./ports.ts";
import { readTogether, type SharedCall } from "./read-together.ts";
import type { Leg, ResolvedOptions } from "./resolve-options.ts";

/** What a retriever answers, and whether by the statement that it shares with others. */
export interface LegAnswer extends RetrieverResult {
  /** Absent where it shares none. */
  readonly together?: boolean;
  /** Why it was asked by itself. */
  readonly apartCode?: string;
}

/** Asks one retriever. */
export type Ask = (call: RetrieverCall) => Promise<LegAnswer>;

/** Retrievers that are asked in one statement. */
export interface Together {
  /** How to ask each of them; none for those that are asked as ever. */
  readonly asks: ReadonlyMap<Leg, Ask>;
  /** Resolves when their transaction is over. */
  readonly ended: Promise<void>;
}

/**
 * Starts one statement for all retrievers of the database that offer `candidates`, when these are two or more.
 *
 * The statement is a shorter way to the same answers, and never the only one: a retriever is asked by `retrieve` when
 * the statement fails or takes too long, when it offers no SQL for this query, or when its SQL looked less far than
 * `retrieve` would. One whose `candidates` throws what is not the database's error has failed.
 */
export function startTogether(
  legs: readonly Leg[],
  call: SharedCall,
  options: Pick<ResolvedOptions, "db" | "role" | "sleep">,
): Together {
  const offering = legs.filter((leg) => typeof leg.retriever.candidates === "function");
  if (offering.length < 2 || (call.db ?? options.db) === undefined)
    return { asks: new Map(), ended: Promise.resolve() };
  const stops = new Map(offering.map((leg) => [leg, new AbortController()]));
  const members = [...stops].map(([leg, { signal }]) => ({ leg, signal }));
  const { answers, ended } = readTogether(members, call, options);
  const asks = [...stops].map(([leg, stop]): [Leg, Ask] => [
    leg,
    (legCall) => askMember(leg, legCall, { answer: answers.get(leg), stop }),
  ]);
  return { asks: new Map(asks), ended };
}

interface Member {
  readonly answer: Promise<RetrieverResult | undefined> | undefined;
  /** Ends this retriever's part. */
  readonly stop: AbortController;
}

async function askMember(leg: Leg, call: RetrieverCall, { answer, stop }: Member): Promise<LegAnswer> {
  const { signal, limit } = call;
  signal.addEventListener("abort", () => stop.abort(signal.reason), { once: true });
  const askApart = async (apartCode: string) => ({
    ...(await leg.retriever.retrieve(call)),
    together: false,
    apartCode,
  });
  let found: RetrieverResult | undefined;
  try {
    found = await answer;
  } catch (error) {
    // It may be another's statement that failed, and with it the transaction.
    if (!isDatabaseError(error)) throw error;
    return askApart(error.sqlState ?? codeOf(error));
  }
  if (found === undefined) return askApart("NO_SQL");
  if (!found.complete && found.passages.length < limit) return askApart("TOO_FEW");
  return { ...found, together: true };
}
