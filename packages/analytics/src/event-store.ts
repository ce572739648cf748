import {
  type Database,
  type Row,
  rowsOf,
  withDatabaseErrors,
  withService,
  withTransaction,
} from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import type { ErasureStore } from "./erase-person.ts";
import type { CallOptions, CaptureOutcome, EventRow } from "./event.ts";
import { captureEventsQuery, decodeCaptured, encodeRow } from "./queries/capture-events.ts";
import { type ConsentState, decodeConsent, getConsentQuery, setConsentQuery } from "./queries/consent.ts";
import {
  afterErasureQuery,
  decodeErasedBatch,
  eraseBatchQuery,
  forgetPersonQuery,
  idsOfPersonQuery,
} from "./queries/erase-person.ts";
import { statementsOf } from "./statements.ts";

export type Outcomes = ReadonlyMap<string, CaptureOutcome>;

/** Where events go: the database, or a test's memory. */
export interface EventStore {
  /** Answers the outcome of each id; ids are unique within `rows`. */
  write(rows: readonly EventRow[], call: CallOptions): Promise<Outcomes>;
  /** Of a person, or by {@link everybody} of all. */
  setConsent(distinctId: string, optedOut: boolean, call: CallOptions): Promise<void>;
  getConsent(distinctId: string, call: CallOptions): Promise<ConsentState>;
  erasure(call: CallOptions): ErasureStore;
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
  setConsent: async (distinctId, optedOut, call) =>
    void (await asService("analytics.setConsent", database, call, setConsentQuery(distinctId, optedOut))),
  getConsent: async (distinctId, call) =>
    decodeConsent((await asService("analytics.getConsent", database, call, getConsentQuery(distinctId)))[0]),
  erasure: (call) => databaseErasure(database, call),
});

/** Rows of one statement in a transaction of its own, or in the caller's. */
const asService = (operation: string, database: Database, call: CallOptions, query: SQL): Promise<Row[]> =>
  withDatabaseErrors(operation, () => {
    call.signal?.throwIfAborted();
    return withService(call.db ?? database, (tx) => rowsOf(tx, query));
  });

function databaseErasure(database: Database, call: CallOptions): ErasureStore {
  const run = async (query: SQL) => (await asService("analytics.erasePerson", database, call, query))[0];
  return {
    idsOfPerson: async (ids) => JSON.parse(String((await run(idsOfPersonQuery(ids)))?.ids)),
    eraseBatch: async (ids, limit) => decodeErasedBatch(await run(eraseBatchQuery(ids, limit))),
    async forget(ids) {
      const row = await run(forgetPersonQuery(ids));
      return { aliases: Number(row?.aliases), consents: Number(row?.consents) };
    },
    async after(ids, found) {
      const row = await run(afterErasureQuery(ids, found));
      return { isLeft: row?.is_left === true, ownIds: JSON.parse(String(row?.own_ids)) };
    },
  };
}
