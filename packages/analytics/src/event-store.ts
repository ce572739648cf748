import { type Database, rowsOf, withDatabaseErrors, withService, withTransaction } from "@devora/db-schema";
import type { CallOptions, CaptureOutcome, EventRow } from "./event.ts";
import { captureEventsQuery, decodeCaptured, encodeRow } from "./queries/capture-events.ts";
import { setConsentQuery } from "./queries/set-consent.ts";
import { statementsOf } from "./statements.ts";

export type Outcomes = ReadonlyMap<string, CaptureOutcome>;

/** Where events go: the database, or a test's memory. */
export interface EventStore {
  /** Answers the outcome of each id; ids are unique within `rows`. */
  write(rows: readonly EventRow[], call: CallOptions): Promise<Outcomes>;
  setConsent(distinctId: string, optedOut: boolean, call: CallOptions): Promise<void>;
}

export const databaseStore = (database: Database, destinations: readonly string[]): EventStore => ({
  write: (rows, call) =>
    withDatabaseErrors("analytics.capture", () => {
      const db = call.db ?? database;
      const statements = statementsOf(rows.map(encodeRow));
      const hasAliases = rows.some(({ event }) => event === "$create_alias");
      const writeAll = async (executor: Database): Promise<Outcomes> => {
        const outcomes = new Map<string, CaptureOutcome>();
        for (const statement of statements) {
          call.signal?.throwIfAborted();
          for (const row of await rowsOf(executor, captureEventsQuery(statement, destinations, hasAliases))) {
            const { id, outcome } = decodeCaptured(row);
            outcomes.set(id, outcome);
          }
        }
        return outcomes;
      };
      // A lone statement is atomic by itself; several need a transaction, or a savepoint in the caller's.
      return statements.length > 1 ? withTransaction(db, writeAll) : writeAll(db);
    }),
  setConsent: (distinctId, optedOut, call) =>
    withDatabaseErrors("analytics.setConsent", async () => {
      call.signal?.throwIfAborted();
      await withService(call.db ?? database, (tx) => setConsentQuery(tx, distinctId, optedOut));
    }),
});
