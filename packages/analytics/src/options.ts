import { type Database, newId } from "@devora/db-schema";
import { type BufferOptions, type BufferSettings, resolveBuffer } from "./buffer-options.ts";
import { type Catalogue, defineCatalogue } from "./catalogue/define-catalogue.ts";
import { devoraCatalogue } from "./catalogue/devora-catalogue.ts";
import { withSystemEvents } from "./catalogue/system-events.ts";
import { check } from "./check-option.ts";
import type { ClockTolerance } from "./clamp-time.ts";
import type { EventIssue } from "./errors.ts";
import { createIssues } from "./issues.ts";
import { isPlainObject, storableObject } from "./storable.ts";
import { isStorableText } from "./storable-text.ts";
import { libraryVersion } from "./version.ts";

/**
 * What becomes of an event that its catalogue refuses:
 * `strict` throws INVALID_EVENT; `warn` keeps what can be kept, marked `$invalid` in its context; `drop` leaves it out.
 * All before any SQL.
 */
export type InvalidEventMode = "strict" | "warn" | "drop";

/** What `onInvalid` is told. Holds no property values, except what a schema library writes into its messages. */
export interface InvalidEvent {
  id: string;
  /** The event's name, if it has a usable one. */
  event: string | undefined;
  issues: readonly EventIssue[];
  /** Whether the event goes to the database all the same. */
  kept: boolean;
}

/** A buffered event that never came into the database. */
export interface LostEvent {
  id: string;
  event: string;
  /** `full`: the buffer had no room; `closed`: it was closed; `refused`: the database can never take the event. */
  reason: "full" | "closed" | "refused";
  /** With `refused`, why. */
  error?: unknown;
}

/** The options that have nothing to do with where events are kept. */
export interface EventOptions<C extends Catalogue> {
  /** The events there are. Default {@link devoraCatalogue}. */
  catalogue?: C;
  /** Default `warn`. */
  mode?: InvalidEventMode;
  /** Bounds of `captureBuffered`. */
  buffer?: BufferOptions;
  /** Called for each buffered event that is lost. What it throws is ignored. */
  onLost?: (lost: LostEvent) => void;
  /** Called with each failure of a write of buffered events, which is then repeated. What it throws is ignored. */
  onWriteFailed?: (error: unknown) => void;
  /** Called for each invalid event in the modes `warn` and `drop`, before any SQL. What it throws reaches the caller. */
  onInvalid?: (invalid: InvalidEvent) => void;
  /** `production`, `staging` …: a word in every event's context. */
  environment?: string;
  /** Version of your service: a word in every event's context. */
  release?: string;
  /** Further facts of this process for every event's context: plain JSON, at most 16 KiB. */
  context?: Readonly<Record<string, unknown>>;
  /** How far ahead an event's time may lie, in milliseconds, before it becomes now. Default 10 minutes. */
  futureToleranceMs?: number;
  /** How many days old an event's time may be before it becomes now. Default 30; `Infinity` for imports. */
  maxAgeDays?: number;
  /** Default: the system's clock. */
  now?: () => Date;
  /** A new UUID. Default: UUIDv7. */
  generateId?: () => string;
  /** Resolves after `ms`, or rejects when `signal` aborts. Default: a timer. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface AnalyticsOptions<C extends Catalogue = typeof devoraCatalogue> extends EventOptions<C> {
  /** Any Drizzle Postgres database; its login needs EXECUTE on `devora.capture_events` (a member of `devora_app` has it). */
  db: Database;
  /**
   * Names of the destinations for which each accepted event is queued, in the same statement: those that a delivery
   * worker knows, such as `posthog`. 1 to 60 characters of a-z, 0-9, _ and - each. Default: none.
   */
  destinations?: readonly string[];
  /** True: events are checked as always, and none is written (`disabled`). For this process alone. Default false. */
  disabled?: boolean;
}

/** The options as they hold after validation. */
export interface Settings extends ClockTolerance {
  catalogue: Catalogue;
  mode: InvalidEventMode;
  onInvalid: (invalid: InvalidEvent) => void;
  onLost: (lost: LostEvent) => void;
  onWriteFailed: (error: unknown) => void;
  buffer: BufferSettings;
  /** In every event's context. */
  processContext: Readonly<Record<string, unknown>>;
  now: () => Date;
  generateId: () => string;
}

const modes: readonly unknown[] = ["strict", "warn", "drop"] satisfies InvalidEventMode[];
const maxContextBytes = 16 * 1024;
const isWord = (value: unknown) =>
  typeof value === "string" && value !== "" && value.length <= 200 && isStorableText(value);
const isFunction = (value: unknown) => typeof value === "function";

export function resolveOptions<C extends Catalogue>(options: EventOptions<C>): Settings {
  const {
    mode = "warn",
    onInvalid = () => {},
    onLost = () => {},
    onWriteFailed = () => {},
    buffer = {},
    environment,
    release,
    context = {},
    futureToleranceMs = 600_000,
    maxAgeDays = 30,
    now = () => new Date(),
    generateId = newId,
    sleep,
  } = options;
  check("mode", mode, "strict, warn or drop", modes.includes(mode));
  check("onInvalid", onInvalid, "a function", isFunction(onInvalid));
  check("onLost", onLost, "a function", isFunction(onLost));
  check("onWriteFailed", onWriteFailed, "a function", isFunction(onWriteFailed));
  check("buffer", buffer, "a plain object", isPlainObject(buffer));
  check("environment", environment, "1 to 200 characters", environment === undefined || isWord(environment));
  check("release", release, "1 to 200 characters", release === undefined || isWord(release));
  check("futureToleranceMs", futureToleranceMs, "a number of at least 0", futureToleranceMs >= 0);
  check("maxAgeDays", maxAgeDays, "a number above 0", maxAgeDays > 0);
  check("now", now, "a function", isFunction(now));
  check("generateId", generateId, "a function", isFunction(generateId));
  check("sleep", sleep, "a function", sleep === undefined || isFunction(sleep));

  return {
    catalogue: withSystemEvents(defineCatalogue(options.catalogue ?? devoraCatalogue)),
    mode,
    onInvalid,
    onLost,
    onWriteFailed,
    buffer: resolveBuffer(buffer, sleep),
    processContext: {
      ...storableContext(context),
      $lib: "@devora/analytics",
      $lib_version: libraryVersion,
      ...(environment === undefined ? {} : { environment }),
      ...(release === undefined ? {} : { release }),
    },
    futureToleranceMs,
    maxAgeDays,
    now,
    generateId,
  };
}

function storableContext(context: unknown): Record<string, unknown> {
  const issues = createIssues();
  const stored = isPlainObject(context) ? storableObject(context, "context", maxContextBytes, issues) : {};
  const valid = isPlainObject(context) && issues.list.length === 0;
  check(issues.list[0]?.path ?? "context", context, "a plain object of JSON values, at most 16 KiB", valid);
  return stored;
}
