export type { Analytics, AnalyticsVerbs, Consent, FlushOptions } from "./analytics.ts";
export type { BufferOptions } from "./buffer-options.ts";
export type { BufferedResult } from "./capture-buffered.ts";
export {
  type Catalogue,
  defineCatalogue,
  drop,
  type EventDefinition,
  hash,
  keep,
  type PrivacyClass,
  type PropertyDefinition,
  type RetentionClass,
} from "./catalogue/define-catalogue.ts";
export { type DevoraCatalogue, devoraCatalogue } from "./catalogue/devora-catalogue.ts";
export { EventType } from "./catalogue/event-type.ts";
export { createAnalytics } from "./create-analytics.ts";
export { AnalyticsError, type AnalyticsErrorCode, type EventIssue, isAnalyticsError } from "./errors.ts";
export type {
  CallOptions,
  CaptureOutcome,
  CaptureResult,
  EventDetails,
  EventFields,
  EventInput,
  EventName,
  EventPerson,
  EventProperties,
} from "./event.ts";
export type { MiddlewareOptions, RequestLike, RequestMiddleware } from "./express-middleware.ts";
export type { AnalyticsOptions, EventOptions, InvalidEvent, InvalidEventMode, LostEvent } from "./options.ts";
export type { RequestContext, UtmParameter } from "./request-context.ts";
export type { AnalyticsStats } from "./stats.ts";
export type {
  DeploymentEvent,
  DevoraTrackers,
  SubscriptionEvent,
  Tracker,
  TrackerFields,
} from "./trackers.ts";
