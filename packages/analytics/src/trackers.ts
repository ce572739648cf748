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

/**
 * The events that nearly every host of Devora's catalogue tracks, in camelCase. There when the catalogue has them.
 *
 * @example
 * await analytics.trackProjectCreated({ userId, projectId, projectName: "My shop" }, { db: tx });
 */
export interface DevoraTrackers {
  trackProjectCreated: Tracker<"project_created">;
  trackProjectDeleted: Tracker<"project_deleted">;
  trackConversationStarted: Tracker<"conversation_started">;
  trackMessageSent: Tracker<"message_sent">;
  /** `code_generated`: model, tokens and milliseconds of a generation. */
  trackCodeGeneration: Tracker<"code_generated">;
  /** `search_performed`. */
  trackSearch: Tracker<"search_performed">;
  /** `rag_answered`. */
  trackRagAnswer: Tracker<"rag_answered">;
  /** `error_occurred`. */
  trackError: Tracker<"error_occurred">;
  trackDeployment: FamilyTracker<DeploymentEvent>;
  trackSubscriptionEvent: FamilyTracker<SubscriptionEvent>;
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
    trackProjectCreated: (fields, call) => track("project_created", fields, call),
    trackProjectDeleted: (fields, call) => track("project_deleted", fields, call),
    trackConversationStarted: (fields, call) => track("conversation_started", fields, call),
    trackMessageSent: (fields, call) => track("message_sent", fields, call),
    trackCodeGeneration: (fields, call) => track("code_generated", fields, call),
    trackSearch: (fields, call) => track("search_performed", fields, call),
    trackRagAnswer: (fields, call) => track("rag_answered", fields, call),
    trackError: (fields, call) => track("error_occurred", fields, call),
    trackDeployment: track,
    trackSubscriptionEvent: track,
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
