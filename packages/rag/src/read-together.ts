import { type Database, rowsOf, toDatabaseError } from "@devora/db-schema";
import { inOwnersScope } from "./owners-scope.ts";
import type { Candidates, RetrieverCall, RetrieverResult } from "./ports.ts";
import {
  decodeOneStatement,
  oneStatementQuery,
  type StatementPart,
  statementLimitsQuery,
} from "./queries/one-statement.ts";
import type { Leg, ResolvedOptions } from "./resolve-options.ts";

/** What all retrievers are asked. */
export type SharedCall = Omit<RetrieverCall, "signal">;

/** A retriever of the statement, and how it is told to stop. */
export interface Member {
  readonly leg: Leg;
  readonly signal: AbortSignal;
}

export interface TogetherAnswers {
  /**
   * What each answers; undefined for one without SQL for this query.
   * Rejected with what its `candidates` threw, or with a `DatabaseError` where the shared transaction failed.
   */
  readonly answers: ReadonlyMap<Leg, Promise<RetrieverResult | undefined>>;
  /** Resolves when the transaction is over, however it ended. */
  readonly ended: Promise<void>;
}

/**
 * Asks retrievers for their SQL, side by side on one connection, and runs all of it as one statement.
 *
 * Of the shortest deadline, a third is for the SQL, a third for each statement, enforced by the server, and a third
 * stays for those who must be asked by themselves after it failed. A retriever whose SQL takes longer, as where an API
 * embeds the query, does not hold the others up: it gets a statement of its own when it is ready.
 */
export function readTogether(
  members: readonly Member[],
  call: SharedCall,
  options: Pick<ResolvedOptions, "db" | "role" | "sleep">,
): TogetherAnswers {
  const thirdMs = Math.min(...members.map(({ leg }) => leg.deadlineMs)) / 3;
  const pending = new Map(members.map(({ leg }) => [leg, deferred<RetrieverResult | undefined>()]));
  const read = async (tx: Database): Promise<void> => {
    const ready: (Member & StatementPart)[] = [];
    const prepare = async (member: Member): Promise<void> => {
      const { leg } = member;
      try {
        const candidates = await candidatesOf(member, { ...call, db: tx });
        if (candidates === undefined) pending.get(leg)?.resolve(undefined);
        else ready.push({ ...member, name: leg.name, candidates });
      } catch (error) {
        pending.get(leg)?.reject(toDatabaseError("rag.candidates", error));
      }
    };
    const answerReady = async (): Promise<void> => {
      const parts = ready.splice(0).filter(({ signal }) => !signal.aborted);
      const results = await runStatement(tx, parts);
      for (const { leg, name } of parts) pending.get(leg)?.resolve(results.get(name));
    };
    // Sent first; the others need not wait for its answer.
    const limited = rowsOf(tx, statementLimitsQuery(thirdMs));
    const prepared = Promise.all([limited, ...members.map(prepare)]);
    await orAfter(thirdMs, prepared, options.sleep);
    await answerReady();
    await prepared;
    await answerReady();
  };
  const ended = (async () => inOwnersScope(call, options, read))().catch((error: unknown) => {
    for (const { reject } of pending.values()) reject(toDatabaseError("rag.retrieveTogether", error));
  });
  return { answers: new Map([...pending].map(([leg, { promise }]) => [leg, promise])), ended };
}

async function runStatement(
  tx: Database,
  parts: readonly StatementPart[],
): Promise<ReadonlyMap<string, RetrieverResult>> {
  if (parts.length === 0) return new Map();
  for (const { candidates } of parts) if (candidates.settings) await tx.execute(candidates.settings);
  return decodeOneStatement(parts, await rowsOf(tx, oneStatementQuery(parts)));
}

/** Gives up with the signal, though the retriever may not. */
async function candidatesOf(
  { leg, signal }: Member,
  call: SharedCall & { db: Database },
): Promise<Candidates | undefined> {
  const stopped = deferred<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([leg.retriever.candidates?.({ ...call, signal }), stopped.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Resolves with `work`, or after `ms` without it. */
async function orAfter(ms: number, work: Promise<unknown>, sleep: ResolvedOptions["sleep"]): Promise<void> {
  const timer = new AbortController();
  // Rejected when it is no longer needed.
  const late = sleep(ms, timer.signal).catch(() => {});
  try {
    await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
