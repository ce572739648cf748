import { AsyncResource } from "node:async_hooks";
import { createHash } from "node:crypto";
import { type Database, newId, withDatabaseErrors, withService } from "@devora/db-schema";
import { SearchError } from "./errors.ts";
import { type LogEntry, logQuery } from "./queries/log.ts";
import type { SearchAnswer } from "./search.ts";
import type { Source } from "./source.ts";
import { storable } from "./text.ts";

export interface LogOptions {
  /**
   * `full` keeps the query's text, `hashed` its SHA-256 alone (a short query can be guessed from it by trying),
   * `off` nothing. Default `off`.
   */
  mode?: "full" | "hashed" | "off" | undefined;
  /** Told when entries could not be written; they are dropped. Default: nobody. */
  onError?: ((error: unknown, dropped: number) => void) | undefined;
}

export interface QueryLog {
  add(
    call: { readonly query: string; readonly ownerId?: string | undefined },
    sources: readonly string[],
    answer: Pick<SearchAnswer<Source>, "total" | "relaxed" | "executionTimeMs" | "correctedQuery">,
  ): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface QueryLogOptions extends LogOptions {
  readonly db: Database;
  readonly serviceRole: string | null | undefined;
}

/** Entries are written together, this long after the first or when there are so many. */
const flushAfterMs = 1_000;
const batchSize = 100;
/** Entries beyond this are dropped while the database does not keep up. */
const maxWaiting = 1_000;

/** Keeps queries after they were answered, in batches, off the caller's path. A failure never reaches a search. */
export function createQueryLog({ db, serviceRole, mode = "off", onError }: QueryLogOptions): QueryLog {
  if (!["full", "hashed", "off"].includes(mode)) {
    throw new SearchError(
      "INVALID_OPTION",
      `createSearch: log.mode must be full, hashed or off; received a ${typeof mode}.`,
    );
  }
  const waiting: LogEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let closed = mode === "off";

  const report = (error: unknown, dropped: number) => {
    try {
      onError?.(error, dropped);
    } catch {
      // The log never fails a search, and neither does its observer.
    }
  };
  const write = (batch: readonly LogEntry[]): Promise<unknown> =>
    withDatabaseErrors("search.log", () =>
      withService(
        db,
        (tx) => tx.execute(logQuery(batch)),
        serviceRole === undefined ? {} : { role: serviceRole },
      ),
    );
  /** One batch at a time, so that a slow database holds one connection at most. */
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchSize);
      await write(batch).catch((error: unknown) => report(error, batch.length));
    }
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(drain);
    return writing;
  };
  // In the context of this call, not of the caller that comes to a flush: in its transaction the embedded database
  // refuses calls on `db`.
  const flushInBackground = AsyncResource.bind(() => void flush());
  return {
    add: ({ query, ownerId }, sources, { total, relaxed, executionTimeMs, correctedQuery }) => {
      if (closed) return;
      if (waiting.length >= maxWaiting) {
        report(
          new SearchError("LOG_FULL", `search.log: ${maxWaiting} entries wait to be written; dropped one.`),
          1,
        );
        return;
      }
      const text = storable(query);
      // What a correction found, the query as it was typed did not.
      const isFound = correctedQuery === undefined;
      waiting.push({
        id: newId(),
        owner_id: ownerId ?? null,
        query: mode === "full" ? text : null,
        query_hash: createHash("sha256").update(text.trim().toLowerCase()).digest("hex"),
        sources,
        result_count: isFound ? total : 0,
        relaxed: isFound && relaxed,
        duration_ms: executionTimeMs,
        occurred_at: new Date().toISOString(),
      });
      if (waiting.length >= batchSize) flushInBackground();
      else timer ??= setTimeout(flushInBackground, flushAfterMs).unref();
    },
    flush,
    close: () => {
      closed = true;
      return flush();
    },
  };
}
