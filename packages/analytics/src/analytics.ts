import { captureEvents } from "./capture-events.ts";
import type { Catalogue } from "./catalogue/define-catalogue.ts";
import { type DevoraCatalogue, devoraCatalogue } from "./catalogue/devora-catalogue.ts";
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
import { createRequestContexts, type RequestContext } from "./request-context.ts";
import { type AnalyticsStats, createStats } from "./stats.ts";
import { isStorableText } from "./storable-text.ts";
import { createTrackers, type DevoraTrackers } from "./trackers.ts";

export interface Consent {
  /** 1 to 400 characters. */
  distinctId: string;
  /** True: no further event of this person is kept. */
  optedOut: boolean;
}

/** The verbs over any catalogue. */
export interface AnalyticsVerbs<C extends Catalogue> {
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
   * Records whether a person takes part, as the service. Events kept before stay.
   * @throws {AnalyticsError} INVALID_OPTION
   */
  setConsent(consent: Consent, call?: CallOptions): Promise<void>;
  /** Runs `fn` so that events captured in it, and in what it awaits, carry the context. Adds to an outer context. */
  runWithContext<T>(context: RequestContext, fn: () => T): T;
  /**
   * Express middleware that opens a context per request: request id (header `x-request-id`, else a new UUID),
   * session id, path, referrer without its query, UTM parameters, user agent. Put it after body parsers.
   */
  expressMiddleware<R extends RequestLike = RequestLike>(
    options?: MiddlewareOptions<R>,
  ): RequestMiddleware<R>;
  /** Counters of this instance since its creation. */
  stats(): Readonly<AnalyticsStats>;
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

  const verbs: AnalyticsVerbs<C> = {
    capture: captureOne,
    captureMany: captureAll,
    trackEvent: (event, fields, call) => captureOne({ ...fields, event }, call),
    setConsent: async ({ distinctId, optedOut }, call = {}) => {
      checkConsent(distinctId, optedOut);
      await store.setConsent(distinctId, optedOut, call);
    },
    runWithContext: contexts.run,
    expressMiddleware: (options = {}) => createExpressMiddleware(contexts, settings.generateId, options),
    stats: () => ({ ...stats }),
  };
  const isDevora = Object.keys(devoraCatalogue).every((name) => Object.hasOwn(settings.catalogue, name));
  return { ...verbs, ...(isDevora ? createTrackers(captureOne) : {}) } as Analytics<C>;
}

function checkConsent(distinctId: unknown, optedOut: unknown): void {
  const usable = typeof distinctId === "string" && distinctId !== "" && distinctId.length <= 400;
  if (!usable || !isStorableText(distinctId)) {
    throw new AnalyticsError(
      "INVALID_OPTION",
      `setConsent: distinctId is ${shapeOf(distinctId)}. Allowed: 1 to 400 characters without U+0000 and lone surrogates.`,
    );
  }
  if (typeof optedOut !== "boolean") {
    throw new AnalyticsError(
      "INVALID_OPTION",
      `setConsent: optedOut is ${shapeOf(optedOut)}. Allowed: true or false.`,
    );
  }
}
