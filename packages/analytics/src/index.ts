export type { Analytics, AnalyticsVerbs, FlushOptions } from "./analytics.ts";
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
export { type EventsMarkdownOptions, eventsMarkdown } from "./catalogue/events-markdown.ts";
export type { JsonSchema } from "./catalogue/json-schema.ts";
export {
  type PlannedEvent,
  type PlannedProperties,
  type TrackingPlan,
  trackingPlan,
} from "./catalogue/tracking-plan.ts";
export type { Consent, ConsentVerbs } from "./consent.ts";
export { createAnalytics } from "./create-analytics.ts";
export {
  createDeliveryQueue,
  type DeliveryQueue,
} from "./delivery/create-delivery-queue.ts";
export {
  createDeliveryWorker,
  type DeliveryWorker,
  type StopOptions,
} from "./delivery/create-delivery-worker.ts";
export type { DeliveryWorkerOptions } from "./delivery/delivery-options.ts";
export type { DeliveryRun } from "./delivery/delivery-run.ts";
export type { DeliveryTotals } from "./delivery/delivery-totals.ts";
export type { HttpDestinationOptions } from "./destinations/http-options.ts";
export { type PosthogDestinationOptions, posthogDestination } from "./destinations/posthog-destination.ts";
export { type PosthogReaderOptions, posthogReader } from "./destinations/posthog-reader.ts";
export { type SegmentDestinationOptions, segmentDestination } from "./destinations/segment-destination.ts";
export { type WebhookDestinationOptions, webhookDestination } from "./destinations/webhook-destination.ts";
export type { CapturedEvent, CapturedProperty } from "./drift/captured-events.ts";
export type { JsonType } from "./drift/declared-event.ts";
export { type DriftOptions, type DriftReport, driftReport } from "./drift/drift-report.ts";
export type { DriftFinding } from "./drift/find-drift.ts";
export type { Erasure, PersonToErase } from "./erase-person.ts";
export {
  AnalyticsError,
  type AnalyticsErrorCode,
  deliveryFailed,
  type EventIssue,
  isAnalyticsError,
} from "./errors.ts";
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
export type {
  AliasFields,
  GroupIdentifyFields,
  GroupProperties,
  IdentifyFields,
  PeopleVerbs,
  PersonProperties,
} from "./people.ts";
export type { DeliveredEvent, DeliveryFault, Destination } from "./ports.ts";
export type { ConsentState } from "./queries/consent.ts";
export type { DeliveryStats, ParkedEvent } from "./queries/outbox-reports.ts";
export { type DestinationReader, type HoldingsRange, readFailed } from "./reconcile/destination-reader.ts";
export type { ReconcileOptions, Reconciliation } from "./reconcile/reconcile.ts";
export type { ReplayOptions, ReplayProgress, ReplayResult } from "./reconcile/replay.ts";
export type { RequestContext, UtmParameter } from "./request-context.ts";
export type { AnalyticsStats } from "./stats.ts";
export type {
  DeploymentEvent,
  DevoraTrackers,
  FileEvent,
  PaymentEvent,
  SubscriptionEvent,
  Tracker,
  TrackerFields,
  TrialEvent,
} from "./trackers.ts";
export {
  type AnalyticsMetrics,
  type AnalyticsMetricsOptions,
  analyticsMetrics,
} from "./watching/analytics-metrics.ts";
