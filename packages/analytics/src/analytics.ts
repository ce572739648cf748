import { longestTimerMs } from "./buffer-options.ts";
import { type BufferedResult, createBufferedCapture } from "./capture-buffered.ts";
import { captureEvents } from "./capture-events.ts";
import type { Catalogue } from "./catalogue/define-catalogue.ts";
import { type DevoraCatalogue, devoraCatalogue } from "./catalogue/devora-catalogue.ts";
import { closeOnSignals } from "./close-on-signals.ts";
import { type ConsentVerbs, createConsentVerbs } from "./consent.ts";
import { type Erasure, erasePerson, type PersonToErase } from "./erase-person.ts";
import { AnalyticsError, shapeOf } from "./errors.ts";
import type { CallOptions, CaptureResult, EventFields, EventInput, EventName } from "./event.ts";
import type { EventStore } from "./event-store.ts";
import {
  createExpressMiddleware,
  type MiddlewareOptions,
  type RequestLike,
  type RequestMiddleware,
} from "./express-middleware.ts";
import type { Settings } from "./options.ts";
import { createPeople, type PeopleVerbs } from "./people.ts";
import { createRequestContexts, type RequestContext } from "./request-context.ts";
import { type AnalyticsStats, createStats } from "./stats.ts";
import { createTrackers, type DevoraTrackers } from "./trackers.ts";

export interface FlushOptions {
  /** Milliseconds, 0 to 2,147,483,647. */
  timeoutMs?: number | undefined;
}

/** The verbs over any catalogue. */
export interface AnalyticsVerbs<C extends Catalogue> extends ConsentVerbs, PeopleVerbs<C> {
  /**
   * Keeps an event in the database and answers what became of it.
   *
   * Without `db` it is durable when the promise resolves. With `db: tx` it is one statement of the caller's
   * transaction and commits or rolls back with it. Bad input is judged before any SQL; what remains is a failing
   * connection or a missing right, which aborts that transaction as any failing statement does.
   * The same id twice is kept once. Inside `withUser` an event of another owner is refused, and reported.
   *
   * @throws {AnalyticsError} INVALID_EVENT in the mode `strict`
   * @throws {DatabaseError} when the statement failed
   */
  capture(event: EventInput<C>, call?: CallOptions): Promise<CaptureResult>;
  /**
   * {@link capture} for many events: a statement per thousand, all or none written, results in the order of `events`.
   * In the mode `strict` one invalid event refuses all.
   */
  captureMany(events: readonly EventInput<C>[], call?: CallOptions): Promise<CaptureResult[]>;
  /**
   * {@link capture} with the event's name first.
   *
   * @example
   * await analytics.trackEvent(EventType.ProjectArchived, { userId, properties: { project_id: id } }, { db: tx });
   */
  trackEvent<N extends EventName<C>>(
    event: N,
    fields: EventFields<C, N>,
    call?: CallOptions,
  ): Promise<CaptureResult>;
  /**
   * Takes an event into memory and returns at once (about 10 µs); it is written within `buffer.flushIntervalMs`, a
   * thousand to a statement, and repeated until the database takes it. For events that may be lost: a process that is
   * killed loses what is in memory, and so does one whose database is away until the buffer is full; both are counted
   * (`lost`) or known by `flush`. A process that ends by itself loses nothing. The context is the caller's; the owner
   * is trusted, as outside a scope.
   *
   * @throws {AnalyticsError} INVALID_EVENT in the mode `strict`
   */
  captureBuffered(event: EventInput<C>): BufferedResult;
  /**
   * Writes what {@link captureBuffered} took before. Resolves when all of it is written or refused by the database, or
   * after `timeoutMs` (default: none), with the number of events still in memory.
   */
  flush(options?: FlushOptions): Promise<{ remaining: number }>;
  /**
   * {@link flush} with a `timeoutMs` of 10,000 unless told otherwise; afterwards {@link captureBuffered} loses what it
   * is given, and the rest in memory is given up. Call it before the database is closed.
   */
  close(options?: FlushOptions): Promise<{ remaining: number }>;
  /**
   * Closes when the process is told to end, then lets the signal end it, unless the host listens to it as well.
   * Default `SIGTERM` and `SIGINT`. Answers a function that takes it back.
   */
  closeOnSignals(signals?: readonly NodeJS.Signals[], options?: FlushOptions): () => void;
  /**
   * Erases a person, as the service: its events of all months, their deliveries and the links between its ids, found
   * from any one of these. Ids of events stay, so that no retry brings one back. What is at a destination already is
   * deleted there, by the `distinctIds` that it answers (docs/analytics.md).
   *
   * @throws {AnalyticsError} INVALID_OPTION
   */
  erasePerson(person: PersonToErase, call?: CallOptions): Promise<Erasure>;
  /** Runs `fn` so that events captured in it, and in what it awaits, carry the context. Adds to an outer context. */
  runWithContext<T>(context: RequestContext, fn: () => T): T;
  /**
   * Express middleware that opens a context per request: request id (header `x-request-id`, else a new UUID),
   * session id, path, referrer without its query, UTM parameters, user agent. Put it after body parsers.
   */
  expressMiddleware<R extends RequestLike = RequestLike>(
    options?: MiddlewareOptions<R>,
  ): RequestMiddleware<R>;
  /** Counters of this instance since its creation; `buffered` is what is in memory now. */
  stats(): Readonly<AnalyticsStats & { buffered: number }>;
}

/** {@link AnalyticsVerbs}, with the trackers of Devora's events where the catalogue has those. */
export type Analytics<C extends Catalogue = DevoraCatalogue> = AnalyticsVerbs<C> &
  (C extends DevoraCatalogue ? DevoraTrackers : unknown);

/** The verbs over settings and a place for events: the database, or a test's memory. */
export function assembleAnalytics<C extends Catalogue>(settings: Settings, store: EventStore): Analytics<C> {
  const contexts = createRequestContexts();
  const stats = createStats();
  const captureAll = (events: readonly unknown[], call: CallOptions = {}) =>
    captureEvents(events, call, { settings, store, stats, request: contexts.current() });
  const captureOne = async (event: unknown, call?: CallOptions): Promise<CaptureResult> => {
    const [result] = await captureAll([event], call);
    return result as CaptureResult;
  };

  const buffered = createBufferedCapture(settings, store, stats);
  const close = ({ timeoutMs = 10_000 }: FlushOptions = {}) =>
    buffered.close(checkTimeout("close", timeoutMs));

  const verbs: AnalyticsVerbs<C> = {
    ...createPeople<C>(captureOne),
    capture: captureOne,
    captureMany: captureAll,
    trackEvent: (event, fields, call) => captureOne({ ...fields, event }, call),
    captureBuffered: (event) => buffered.capture(event, contexts.current()),
    flush: async ({ timeoutMs = longestTimerMs } = {}) => buffered.flush(checkTimeout("flush", timeoutMs)),
    close: async (options) => close(options),
    closeOnSignals: (signals = ["SIGTERM", "SIGINT"], options = {}) =>
      closeOnSignals(signals, () => close(options)),
    ...createConsentVerbs(store),
    erasePerson: async (person, call = {}) => erasePerson(person, call, store.erasure(call)),
    runWithContext: contexts.run,
    expressMiddleware: (options = {}) => createExpressMiddleware(contexts, settings.generateId, options),
    stats: () => ({ ...stats, buffered: buffered.size() }),
  };
  const isDevora = Object.keys(devoraCatalogue).every((name) => Object.hasOwn(settings.catalogue, name));
  return { ...verbs, ...(isDevora ? createTrackers(captureOne) : {}) } as Analytics<C>;
}

function checkTimeout(verb: string, timeoutMs: number): number {
  if (timeoutMs >= 0 && timeoutMs <= longestTimerMs) return timeoutMs;
  throw new AnalyticsError(
    "INVALID_OPTION",
    `${verb}: timeoutMs is ${shapeOf(timeoutMs)}. Allowed: milliseconds from 0 to ${longestTimerMs}.`,
  );
}
