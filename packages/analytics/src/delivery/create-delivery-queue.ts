import { type Database, type Row, rowsOf, withDatabaseErrors, withService } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import { checkFor, checkInteger } from "../check-option.ts";
import { isDestinationName } from "../destination-names.ts";
import type { CallOptions } from "../event.ts";
import {
  type DeliveryStats,
  decodeParked,
  decodeStats,
  deliveryStatsQuery,
  type ParkedEvent,
  parkedEventsQuery,
  purgeSentQuery,
  retryParkedQuery,
} from "../queries/outbox-reports.ts";
import { type ReconcileOptions, type Reconciliation, reconcileDay } from "../reconcile/reconcile.ts";
import { type ReplayOptions, type ReplayResult, replayEvents } from "../reconcile/replay.ts";

/** The queue of deliveries, for those who watch over it. All as the service. */
export interface DeliveryQueue {
  /** What each destination's queue holds, by name; those with nothing in it and nothing sent for a day are left out. */
  stats(call?: CallOptions): Promise<DeliveryStats[]>;
  /** What was put aside, longest queued first. `limit` 1 to 1,000, default 100. */
  parkedEvents(options: { destination: string; limit?: number }, call?: CallOptions): Promise<ParkedEvent[]>;
  /** Queues what was put aside again, with all its attempts: the events of `ids`, or all of the destination. */
  retryParked(
    options: { destination: string; ids?: readonly string[] },
    call?: CallOptions,
  ): Promise<{ retried: number }>;
  /**
   * Deletes the notes of what was sent more than so many days ago; the events themselves stay. 5,000 at a time, each
   * a transaction of its own unless `db` is one. Call it once a day: nothing else makes the table smaller.
   */
  purgeSent(
    options: { destination: string; olderThanDays: number },
    call?: CallOptions,
  ): Promise<{ purged: number }>;
  /**
   * Compares the events of a day with what the destination has, by their ids, and queues exactly those again that were
   * sent and are not there: a worker sends them, with the same id and time. Calls side by side queue nothing twice.
   * In pages, each read in a transaction of its own; not for a transaction of the caller's.
   *
   * @throws {AnalyticsError} READ_FAILED where the destination does not say what it has
   * @throws the signal's reason
   *
   * @example
   * const reader = posthogReader({ host: "https://eu.posthog.com", projectId: 17, personalApiKey });
   * const { missing, requeued, complete } = await queue.reconcile({ day: "2026-11-22", destination: "posthog", reader });
   */
  reconcile(options: ReconcileOptions, call?: CallOptions): Promise<Reconciliation>;
  /**
   * Queues the events of a time range for a destination that they were never queued for, and with `again` those that
   * it took before. Pending, leased and parked deliveries stay as they are, and people who opted out since are left
   * out. A batch to a transaction: what is interrupted goes on from `cursor`, or from the beginning, which queues
   * nothing twice. Events captured into the range meanwhile may be left out.
   */
  replay(options: ReplayOptions, call?: CallOptions): Promise<ReplayResult>;
}

const purgeBatch = 5_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Every verb throws AnalyticsError INVALID_OPTION for wrong options, and DatabaseError.
 *
 * @example
 * const queue = createDeliveryQueue({ db });
 * for (const { id, reason } of await queue.parkedEvents({ destination: "posthog" })) log.warn({ id, reason });
 * await queue.retryParked({ destination: "posthog" });
 */
export function createDeliveryQueue({ db }: { db: Database }): DeliveryQueue {
  const check = checkFor("createDeliveryQueue");
  check("db", db, "a Drizzle Postgres database", typeof db?.execute === "function");
  const run = (query: SQL, call: CallOptions = {}): Promise<Row[]> =>
    withDatabaseErrors("analytics.deliveryQueue", () => {
      call.signal?.throwIfAborted();
      return withService(call.db ?? db, (tx) => rowsOf(tx, query));
    });
  const checkName = (destination: unknown) =>
    check(
      "destination",
      destination,
      "1 to 60 characters of a-z, 0-9, _ and -",
      isDestinationName(destination),
    );

  return {
    stats: async (call) => (await run(deliveryStatsQuery(), call)).map(decodeStats),
    async parkedEvents({ destination, limit = 100 }, call) {
      checkName(destination);
      checkInteger(check, "limit", limit, 1, 1_000);
      return (await run(parkedEventsQuery(destination, limit), call)).map(decodeParked);
    },
    async retryParked({ destination, ids }, call) {
      checkName(destination);
      const areIds = ids === undefined || (Array.isArray(ids) && ids.every((id) => uuid.test(String(id))));
      check("ids", ids, "an array of UUIDs, or undefined for all", areIds);
      const [row] = await run(retryParkedQuery(destination, ids), call);
      return { retried: Number(row?.count) };
    },
    async purgeSent({ destination, olderThanDays }, call) {
      checkName(destination);
      check(
        "olderThanDays",
        olderThanDays,
        "a number from 0 to 100,000",
        olderThanDays >= 0 && olderThanDays <= 1e5,
      );
      let purged = 0;
      while (true) {
        const [row] = await run(purgeSentQuery(destination, olderThanDays, purgeBatch), call);
        const count = Number(row?.count);
        purged += count;
        if (count < purgeBatch) return { purged };
      }
    },
    reconcile: async (options, call) =>
      reconcileDay(
        checkFor("reconcile"),
        (query) => run(query, call),
        options,
        call?.signal ?? new AbortController().signal,
      ),
    replay: async (options, call) => replayEvents(checkFor("replay"), (query) => run(query, call), options),
  };
}
