import { type Database, type Row, rowsOf, withDatabaseErrors, withService } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import { type Catalogue, defineCatalogue } from "../catalogue/define-catalogue.ts";
import { devoraCatalogue } from "../catalogue/devora-catalogue.ts";
import { withSystemEvents } from "../catalogue/system-events.ts";
import { checkFor, checkInteger } from "../check-option.ts";
import type { CallOptions } from "../event.ts";
import {
  capturedEventsQuery,
  capturedPropertiesQuery,
  decodeEventCount,
  decodePropertyCount,
} from "../queries/event-drift.ts";
import { type CapturedEvent, capturedEvents, namedEvents } from "./captured-events.ts";
import { type DriftFinding, findDrift } from "./find-drift.ts";

export interface DriftOptions {
  /** Any Drizzle Postgres database; its login is a member of `devora_service`. */
  db: Database;
  /** What was meant to be captured. Default: Devora's. The package's own events are added. */
  catalogue?: Catalogue;
  /** Inclusive. */
  from: Date;
  /** Exclusive. */
  to: Date;
  /** Newest rows of each event whose properties are read, 1 to 10,000,000. Default 2,000. */
  rowsPerEvent?: number;
  /** Undeclared events, and undeclared properties of each event, that are named; the others are counted. 1 to 1,000, default 50. */
  limit?: number;
}

/** What was captured in a time range, and how it differs from a catalogue. Names and types, no values. */
export interface DriftReport {
  from: Date;
  to: Date;
  findings: DriftFinding[];
  /** Those of the catalogue that came, and the most frequent others; by name. */
  events: CapturedEvent[];
  /** Undeclared events beyond the limit. */
  moreEvents: { names: number; rows: number };
}

/**
 * Compares what was captured in a time range with a catalogue, as the service: undeclared events and properties,
 * declared ones that never came, required ones that are missing, values of another type; and all that was captured.
 *
 * Two statements. The first counts all rows of the range by name, by an index alone where the table is vacuumed; the
 * second reads the properties of the newest `rowsPerEvent` rows of each event, however many there are.
 *
 * @throws {AnalyticsError} INVALID_OPTION, INVALID_CATALOGUE
 * @throws {DatabaseError}
 *
 * @example
 * const { findings } = await driftReport({ db, catalogue, from, to });
 * for (const { kind, event, property, rows } of findings) log.warn({ kind, event, property, rows });
 */
export async function driftReport(options: DriftOptions, call: CallOptions = {}): Promise<DriftReport> {
  const { db, from, to, rowsPerEvent = 2_000, limit = 50 } = options;
  checkOptions(options, rowsPerEvent, limit);
  const catalogue = withSystemEvents(defineCatalogue(options.catalogue ?? devoraCatalogue));
  const range = { from, to };

  return withDatabaseErrors("analytics.driftReport", () =>
    withService(
      call.db ?? db,
      async (tx) => {
        const run = (query: SQL): Promise<Row[]> => {
          call.signal?.throwIfAborted();
          return rowsOf(tx, query);
        };
        const names = Object.keys(catalogue);
        const counts = (await run(capturedEventsQuery(range, names, limit))).map(decodeEventCount);
        const chosen = namedEvents(catalogue, counts);
        const bounds = { rowsPerEvent, limit };
        const rows = chosen.length === 0 ? [] : await run(capturedPropertiesQuery(range, chosen, bounds));
        const events = capturedEvents(catalogue, counts, rows.map(decodePropertyCount));
        const rest = counts.find(({ event }) => event === null);
        return {
          from,
          to,
          findings: findDrift(catalogue, events),
          events,
          moreEvents: { names: rest?.names ?? 0, rows: rest?.rows ?? 0 },
        };
      },
      { readOnly: true },
    ),
  );
}

function checkOptions({ db, from, to }: DriftOptions, rowsPerEvent: number, limit: number): void {
  const check = checkFor("driftReport");
  check("db", db, "a Drizzle Postgres database", typeof db?.execute === "function");
  check("from", from, "a valid Date", isDate(from));
  check("to", to, "a valid Date after `from`", isDate(to) && to > from);
  checkInteger(check, "rowsPerEvent", rowsPerEvent, 1, 10_000_000);
  checkInteger(check, "limit", limit, 1, 1_000);
}

const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime());
