import type { IncomingMessage, ServerResponse } from "node:http";
import type { Database } from "@devora/db-schema";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  type CaptureResult,
  createAnalytics,
  type DevoraCatalogue,
  defineCatalogue,
  devoraCatalogue,
  drop,
  type EventName,
  type EventProperties,
  EventType,
  keep,
} from "../../src/index.ts";
import { recordingAnalytics } from "../../src/testing.ts";

declare const db: Database;
declare const maybe: string | undefined;
const userId = "u";
const analytics = createAnalytics({ db });

// EventType names every event of the catalogue, and no other.
expectTypeOf<EventType>().toEqualTypeOf<EventName<DevoraCatalogue>>();

// Properties have their schemas' types; those that take undefined are optional.
expectTypeOf<EventProperties<DevoraCatalogue, "project_archived">>().toEqualTypeOf<{ project_id: string }>();
expectTypeOf<EventProperties<DevoraCatalogue, "session_ended">>().toEqualTypeOf<{
  duration_ms: number;
  event_count?: number | null | undefined;
}>();

expectTypeOf(
  analytics.trackEvent(EventType.ProjectArchived, { userId, properties: { project_id: "p" } }),
).toEqualTypeOf<Promise<CaptureResult>>();
void analytics.trackEvent("user_logged_in", { userId });
void analytics.trackEvent("user_logged_in", { userId, properties: { method: maybe } });
void analytics.trackEvent("user_logged_in", { distinctId: "anonymous-1", ownerId: null }, { db });
void analytics.capture({ event: "project_archived", userId, properties: { project_id: "p" } });
void analytics.captureMany([
  { event: "project_archived", userId, properties: { project_id: "p" } },
  { event: "user_logged_out", userId },
]);

// @ts-expect-error no such event
void analytics.trackEvent("project_archvied", { userId, properties: { project_id: "p" } });
// @ts-expect-error no such event
void analytics.capture({ event: "project_archvied", userId, properties: { project_id: "p" } });
// @ts-expect-error no such property
void analytics.trackEvent("project_archived", { userId, properties: { project_id: "p", projectId: "p" } });
// @ts-expect-error no such property
void analytics.capture({ event: "project_archived", userId, properties: { project_id: "p", name: "p" } });
// @ts-expect-error wrong type
void analytics.trackEvent("project_archived", { userId, properties: { project_id: 1 } });
// @ts-expect-error wrong type
void analytics.capture({ event: "project_archived", userId, properties: { project_id: 1 } });
// @ts-expect-error a property is missing
void analytics.trackEvent("project_archived", { userId, properties: {} });
// @ts-expect-error properties are missing
void analytics.trackEvent("project_archived", { userId });
// @ts-expect-error another event's property
void analytics.captureMany([{ event: "user_logged_out", userId, properties: { project_id: "p" } }]);
// @ts-expect-error nobody did it
void analytics.trackEvent("user_logged_in", {});
// @ts-expect-error nobody did it
void analytics.capture({ event: "user_logged_in" });
// @ts-expect-error a time is a Date
void analytics.trackEvent("user_logged_in", { userId, occurredAt: "2025-01-01" });

// Trackers take the same properties in camelCase.
void analytics.trackProjectCreated({ userId, projectId: "p", projectName: "n", projectType: maybe });
void analytics.trackCodeGeneration({ userId, model: "m", tokensUsed: 1, generationTimeMs: 2 });
void analytics.trackSubscriptionEvent(EventType.SubscriptionStarted, {
  userId,
  subscriptionId: "sub_1",
  plan: "pro",
  amountMinor: 990,
  currency: "EUR",
});
const deployment = { userId, deploymentId: "d", projectId: "p" };
void analytics.trackDeployment("deployment_failed", { ...deployment, errorCode: "E" });
// @ts-expect-error snake_case is for trackEvent
void analytics.trackProjectCreated({ userId, project_id: "p" });
// @ts-expect-error tokensUsed is missing
void analytics.trackCodeGeneration({ userId, model: "m", generationTimeMs: 2 });
// @ts-expect-error no subscription event
void analytics.trackSubscriptionEvent("project_created", { userId, subscriptionId: "s", plan: "pro" });
// @ts-expect-error a started deployment has no error
void analytics.trackDeployment("deployment_started", { ...deployment, errorCode: "E" });

// An own catalogue has its own events, of any Standard Schema library, and no trackers of Devora's.
declare const pages: StandardSchemaV1<string, number>;
const library = defineCatalogue({
  book_borrowed: {
    description: "A reader took a book home.",
    countsAsActivity: true,
    properties: { book_id: keep(z.string()), pages: keep(pages), note: drop(z.string().optional()) },
  },
  shop_opened: { description: "The shop opened.", properties: {} },
});
expectTypeOf<EventProperties<typeof library, "book_borrowed">>().toEqualTypeOf<{
  book_id: string;
  pages: string;
  note?: string | undefined;
}>();
const own = createAnalytics({ db, catalogue: library });
void own.trackEvent("book_borrowed", { userId, properties: { book_id: "b", pages: "12" } });
void own.trackEvent("shop_opened", { distinctId: "system", ownerId: null });
// @ts-expect-error this event has no properties
void own.trackEvent("shop_opened", { distinctId: "system", properties: { door: "front" } });
// @ts-expect-error Devora's event is not in this catalogue
void own.trackEvent("project_archived", { userId, properties: { project_id: "p" } });
expectTypeOf(own).not.toHaveProperty("trackProjectCreated");

// Devora's catalogue with own events beside keeps the trackers.
const both = createAnalytics({ db, catalogue: defineCatalogue({ ...devoraCatalogue, ...library }) });
void both.trackProjectCreated({ userId, projectId: "p" });
void both.trackEvent("book_borrowed", { userId, properties: { book_id: "b", pages: "12" } });

defineCatalogue({
  // @ts-expect-error a property without privacy class
  book_lost: { description: "A book was lost.", properties: { book_id: z.string() } },
});

// The fake has the same verbs.
void recordingAnalytics().trackProjectCreated({ userId, projectId: "p" });
expectTypeOf(recordingAnalytics({ catalogue: library })).not.toHaveProperty("trackProjectCreated");

// The middleware fits Express' handler (Node's request with more) without its types.
type ExpressRequest = IncomingMessage & { originalUrl: string; session: { id: string } };
type ExpressHandler = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;
expectTypeOf(analytics.expressMiddleware()).toExtend<ExpressHandler>();
expectTypeOf(
  analytics.expressMiddleware({ sessionId: (request: ExpressRequest) => request.session.id }),
).toExtend<ExpressHandler>();
expectTypeOf(analytics.runWithContext({ requestId: "r" }, async () => 1)).toEqualTypeOf<Promise<number>>();
