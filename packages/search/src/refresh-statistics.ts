import { type Database, rowsOf, withDatabaseErrors, withService, withTransaction } from "@devora/db-schema";
import type { SearchContext } from "./context.ts";
import { wholeNumber } from "./options.ts";
import { decodeFolded, foldLexemesQuery } from "./queries/fold-lexemes.ts";
import { decodeLocked, decodePending, foldLockQuery, pendingQuery } from "./queries/fold-lock.ts";
import { foldWordsQuery } from "./queries/fold-words.ts";
import type { Source } from "./source.ts";

export interface RefreshOptions {
  /** Your own transaction, of a role that may do what `devora_service` may. */
  db?: Database | undefined;
  /** Stops between batches; what was folded stays. */
  signal?: AbortSignal | undefined;
  /** Most written rows that one transaction folds, 1 to 10,000. Default 500. */
  batchSize?: number | undefined;
}

export interface RefreshAnswer {
  /** Changes that this call counted. */
  folded: number;
  /** Changes that wait, those of writers meanwhile included. */
  pending: number;
}

/**
 * Counts the rows written since the last call: words and frequencies for ranking, corrections and suggestions.
 * Safe from any number of processes: while one folds, the others answer at once. Ends with what waited when it began.
 */
export async function refreshStatistics(
  { db, serviceRole }: Omit<SearchContext<Source>, "sources">,
  options: RefreshOptions = {},
): Promise<RefreshAnswer> {
  const batchSize = wholeNumber("refreshStatistics", "batchSize", options.batchSize, {
    initial: 500,
    min: 1,
    max: 10_000,
  });
  const inService = <T>(fn: (tx: Database) => Promise<T>): Promise<T> =>
    options.db
      ? withTransaction(options.db, fn)
      : withService(db, fn, serviceRole === undefined ? {} : { role: serviceRole });
  const countPending = () => inService(async (tx) => decodePending(await rowsOf(tx, pendingQuery)));

  options.signal?.throwIfAborted();
  return withDatabaseErrors("search.refreshStatistics", async () => {
    const waiting = await countPending();
    let folded = 0;
    while (folded < waiting) {
      options.signal?.throwIfAborted();
      const batch = await inService((tx) => foldBatch(tx, batchSize));
      if (batch === 0) break;
      folded += batch;
    }
    return { folded, pending: await countPending() };
  });
}

/** One batch of each kind; 0 where somebody else folds or nothing waits. */
async function foldBatch(tx: Database, batchSize: number): Promise<number> {
  if (!decodeLocked(await rowsOf(tx, foldLockQuery))) return 0;
  const lexemes = decodeFolded(await rowsOf(tx, foldLexemesQuery(batchSize)));
  return lexemes + decodeFolded(await rowsOf(tx, foldWordsQuery(batchSize)));
}
