import type { DevoraCatalogue } from "./catalogue/devora-catalogue.ts";
import type { CallOptions, CaptureResult, EventDetails, EventProperties } from "./event.ts";

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type CamelProperties<N extends keyof DevoraCatalogue> = {
  [K in keyof EventProperties<DevoraCatalogue, N> as CamelCase<K & string>]: EventProperties<
    DevoraCatalogue,
    N
  >[K];
};

/** The event's properties in camelCase, beside `userId` and the other details. */
export type TrackerFields<N extends keyof DevoraCatalogue> = EventDetails & CamelProperties<N>;

export type Tracker<N extends keyof DevoraCatalogue> = (
  fields: TrackerFields<N>,
  call?: CallOptions,
) => Promise<CaptureResult>;

/** A tracker of several events that share their properties. */
export type FamilyTracker<F extends keyof DevoraCatalogue> = <N extends F>(
  event: N,
  fields: TrackerFields<N>,
  call?: CallOptions,
) => Promise<CaptureResult>;

export type SubscriptionEvent =
  | "subscription_started"
  | "subscription_upgraded"
  | "subscription_downgraded"
  | "subscription_renewed"
  | "subscription_canceled"
  | "subscription_reactivated";

export type DeploymentEvent =
  | "deployment_started"
  | "deployment_succeeded"
  | "deployment_failed"
  | "deployment_canceled";

export type FileEvent = "file_created" | "file_updated" | "file_deleted" | "file_uploaded";

export type TrialEvent = "trial_started" | "trial_ended";

export type PaymentEvent = "invoice_paid" | "payment_failed" | "payment_refunded";

/**
 * The events that nearly every host of Devora's catalogue tracks, in camelCase. There when the catalogue has them.
 *
 * @example
 * await analytics.trackProjectCreated({ userId, projectId, projectName: "My shop" }, { db: tx });
 */
export interface DevoraTrackers {
  trackUserSignedUp: Tracker<"user_signed_up">;
  trackUserLoggedIn: Tracker<"user_logged_in">;
  trackPageViewed: Tracker<"page_viewed">;
  trackFeatureUsed: Tracker<"feature_used">;
  trackProjectCreated: Tracker<"project_created">;
  trackProjectDeleted: Tracker<"project_deleted">;
  trackConversationStarted: Tracker<"conversation_started">;
  trackMessageSent: Tracker<"message_sent">;
  /** `code_generated`: model, tokens and milliseconds of a generation. */
  trackCodeGeneration: Tracker<"code_generated">;
  /** `search_performed`. */
  trackSearch: Tracker<"search_performed">;
  trackSearchResultClicked: Tracker<"search_result_clicked">;
  /** `rag_answered`. */
  trackRagAnswer: Tracker<"rag_answered">;
  trackAnswerRated: Tracker<"answer_rated">;
  trackCheckoutStarted: Tracker<"checkout_started">;
  /** `error_occurred`. */
  trackError: Tracker<"error_occurred">;
  trackFileEvent: FamilyTracker<FileEvent>;
  trackDeployment: FamilyTracker<DeploymentEvent>;
  trackTrialEvent: FamilyTracker<TrialEvent>;
  trackSubscriptionEvent: FamilyTracker<SubscriptionEvent>;
  trackPaymentEvent: FamilyTracker<PaymentEvent>;
}

type CaptureOne = (event: Record<string, unknown>, call?: CallOptions) => Promise<CaptureResult>;

const detailNames: ReadonlySet<string> = new Set<keyof EventDetails>([
  "userId",
  "distinctId",
  "ownerId",
  "actorId",
  "id",
  "occurredAt",
  "sessionId",
  "groups",
]);

export function createTrackers(capture: CaptureOne): DevoraTrackers {
  const track = (event: string, fields: object, call?: CallOptions) =>
    capture({ event, ...splitFields(fields) }, call);
  return {
    trackUserSignedUp: (fields, call) => track("user_signed_up", fields, call),
    trackUserLoggedIn: (fields, call) => track("user_logged_in", fields, call),
    trackPageViewed: (fields, call) => track("page_viewed", fields, call),
    trackFeatureUsed: (fields, call) => track("feature_used", fields, call),
    trackProjectCreated: (fields, call) => track("project_created", fields, call),
    trackProjectDeleted: (fields, call) => track("project_deleted", fields, call),
    trackConversationStarted: (fields, call) => track("conversation_started", fields, call),
    trackMessageSent: (fields, call) => track("message_sent", fields, call),
    trackCodeGeneration: (fields, call) => track("code_generated", fields, call),
    trackSearch: (fields, call) => track("search_performed", fields, call),
    trackSearchResultClicked: (fields, call) => track("search_result_clicked", fields, call),
    trackRagAnswer: (fields, call) => track("rag_answered", fields, call),
    trackAnswerRated: (fields, call) => track("answer_rated", fields, call),
    trackCheckoutStarted: (fields, call) => track("checkout_started", fields, call),
    trackError: (fields, call) => track("error_occurred", fields, call),
    trackFileEvent: track,
    trackDeployment: track,
    trackTrialEvent: track,
    trackSubscriptionEvent: track,
    trackPaymentEvent: track,
  };
}

function splitFields(fields: object): Record<string, unknown> {
  const details: Record<string, unknown> = {};
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (detailNames.has(name)) details[name] = value;
    else properties[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
  }
  return { ...details, properties };
}
