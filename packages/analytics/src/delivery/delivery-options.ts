import type { Database } from "@devora/db-schema";
import { type BufferSettings, defaultSleep } from "../buffer-options.ts";
import { type Catalogue, defineCatalogue } from "../catalogue/define-catalogue.ts";
import { devoraCatalogue } from "../catalogue/devora-catalogue.ts";
import { withSystemEvents } from "../catalogue/system-events.ts";
import { checkFor, checkInteger } from "../check-option.ts";
import { isDestinationName } from "../destination-names.ts";
import type { Destination } from "../ports.ts";
import { isPlainObject } from "../storable.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import type { DeliveryRun } from "./delivery-run.ts";
import { emptyTotals } from "./delivery-totals.ts";
import { outboxStore } from "./outbox-store.ts";
import { createPrivacy } from "./privacy.ts";
import type { Lane, LaneContext } from "./run-destination.ts";

export interface DeliveryWorkerOptions {
  /** Any Drizzle Postgres database; its login must be a member of `devora_service`. */
  db: Database;
  /** By the names under which events are queued: `createAnalytics({ destinations })`. */
  destinations: Readonly<Record<string, Destination>>;
  /** The events there are, and what of them may leave: the one of `createAnalytics`. Default {@link devoraCatalogue}. */
  catalogue?: Catalogue;
  /** The key of hashed properties, at least 16 characters; required where the catalogue has such. */
  hashKey?: string;
  /** Events of one run of a destination, 1 to 1,000. Default 500. */
  batchSize?: number;
  /**
   * How long claimed events are ours without a sign of life, in milliseconds, at least 1,000. Default 30,000. The
   * worker renews it while it sends, so this is how long the events of a killed process wait.
   */
  leaseMs?: number;
  /**
   * Refusals after which an event is put aside, though nobody knows that it is at fault, because nothing else was
   * taken beside it. 1 to 100. Default 5.
   */
  maxAttempts?: number;
  /** How long `start()` waits after a run that found less than a batch, in milliseconds, 1 to 3,600,000. Default 1,000. */
  pollMs?: number;
  /** Told by `start()` of each destination that failed as a whole, and of failures of the database; the worker goes on. What it throws is ignored. */
  onError?: (error: unknown, destination: string) => void;
  /** Told by `start()` of each run that claimed something. What it throws is ignored. */
  onRun?: (run: DeliveryRun, destination: string) => void;
  /** Default: the system's clock. */
  now?: () => Date;
  /** Resolves after `ms`, or rejects when `signal` aborts. Default: a timer. */
  sleep?: BufferSettings["sleep"];
}

/** The options as they hold after validation. */
export interface DeliverySettings {
  lanes: readonly Lane[];
  context: LaneContext;
  pollMs: number;
  onError: NonNullable<DeliveryWorkerOptions["onError"]>;
  onRun: NonNullable<DeliveryWorkerOptions["onRun"]>;
  sleep: BufferSettings["sleep"];
}

/** @throws {AnalyticsError} INVALID_OPTION, INVALID_CATALOGUE */
export function resolveDelivery({
  db,
  destinations,
  catalogue = devoraCatalogue,
  hashKey,
  batchSize = 500,
  leaseMs = 30_000,
  maxAttempts = 5,
  pollMs = 1_000,
  onError = () => {},
  onRun = () => {},
  now = () => new Date(),
  sleep = defaultSleep,
}: DeliveryWorkerOptions): DeliverySettings {
  const check = checkFor("createDeliveryWorker");
  check("db", db, "a Drizzle Postgres database", typeof db?.execute === "function");
  const named = isPlainObject(destinations) ? Object.entries(destinations) : [];
  const areDestinations =
    named.length > 0 &&
    named.every(([name, value]) => isDestinationName(name) && typeof value?.send === "function");
  const allowed = "at least one destination by its name, 1 to 60 characters of a-z, 0-9, _ and -";
  check("destinations", destinations, allowed, areDestinations);
  checkInteger(check, "batchSize", batchSize, 1, 1_000);
  checkInteger(check, "leaseMs", leaseMs, 1_000, 3_600_000);
  checkInteger(check, "maxAttempts", maxAttempts, 1, 100);
  checkInteger(check, "pollMs", pollMs, 1, 3_600_000);
  for (const [name, value] of Object.entries({ onError, onRun, now, sleep })) {
    check(name, value, "a function", typeof value === "function");
  }
  const privacy = createPrivacy(withSystemEvents(defineCatalogue(catalogue)), hashKey, check);

  const lanes = named.map(([name, destination]): Lane => {
    const { maxEvents = batchSize, maxBytes = Number.MAX_SAFE_INTEGER } = destination;
    checkInteger(check, `destinations.${name}.maxEvents`, maxEvents, 1, Number.MAX_SAFE_INTEGER);
    checkInteger(check, `destinations.${name}.maxBytes`, maxBytes, 1, Number.MAX_SAFE_INTEGER);
    const breaker = createCircuitBreaker(now);
    return { name, destination, limits: { maxEvents, maxBytes }, breaker, totals: emptyTotals() };
  });
  return {
    lanes,
    context: { store: outboxStore(db), privacy, batchSize, leaseMs, maxAttempts },
    pollMs,
    onError,
    onRun,
    sleep,
  };
}
