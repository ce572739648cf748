import type { Database } from "@devora/db-schema";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  type CaptureResult,
  createAnalytics,
  type DeploymentEvent,
  type DriftFinding,
  defineCatalogue,
  devoraCatalogue,
  driftReport,
  type EventProperties,
  type EventType,
  eventsMarkdown,
  type FileEvent,
  hash,
  keep,
  type PaymentEvent,
  type PlannedEvent,
  type SubscriptionEvent,
  type TrackerFields,
  type TrialEvent,
  trackingPlan,
} from "../../src/index.ts";

declare const db: Database;
declare const maybe: string | undefined;
const userId = "u";

// Every way of being absent: left out, undefined, null; each only where the schema takes it.
const catalogue = defineCatalogue({
  book_borrowed: {
    description: "A reader took a book home.",
    properties: {
      book_id: keep(z.string()),
      optional: keep(z.string().optional()),
      nullable: keep(z.string().nullable()),
      nullish: keep(z.string().nullish()),
      defaulted: keep(z.int().default(14)),
      kind: keep(z.enum(["novel", "comic"])),
      email: hash(z.email()),
      pages: keep({} as StandardSchemaV1<string | undefined, number>),
    },
  },
  shop_opened: { description: "The shop opened.", properties: {} },
});
type Borrowed = EventProperties<typeof catalogue, "book_borrowed">;
expectTypeOf<Borrowed>().toEqualTypeOf<{
  book_id: string;
  nullable: string | null;
  kind: "novel" | "comic";
  email: string;
  optional?: string | undefined;
  nullish?: string | null | undefined;
  defaulted?: number | undefined;
  pages?: string | undefined;
}>();

const own = createAnalytics({ db, catalogue });
const book = { book_id: "b", nullable: null, kind: "novel", email: "a@example.com" } as const;
void own.trackEvent("book_borrowed", { userId, properties: book });
void own.capture({ event: "book_borrowed", userId, properties: { ...book, optional: maybe, nullish: null } });
void own.captureMany([
  { event: "book_borrowed", userId, properties: book },
  { event: "shop_opened", userId },
]);
own.captureBuffered({ event: "book_borrowed", userId, properties: { ...book, defaulted: 7 } });

// @ts-expect-error null is not undefined
void own.trackEvent("book_borrowed", { userId, properties: { ...book, optional: null } });
// @ts-expect-error undefined is not null
void own.trackEvent("book_borrowed", { userId, properties: { ...book, nullable: undefined } });
// @ts-expect-error no such kind
void own.capture({ event: "book_borrowed", userId, properties: { ...book, kind: "essay" } });
// @ts-expect-error the schema takes text, although a number is stored
void own.trackEvent("book_borrowed", { userId, properties: { ...book, pages: 12 } });
// @ts-expect-error no such property
void own.captureMany([{ event: "book_borrowed", userId, properties: { ...book, isbn: "978" } }]);
// @ts-expect-error no such property
own.captureBuffered({ event: "book_borrowed", userId, properties: { ...book, isbn: "978" } });
// @ts-expect-error no such event
own.captureBuffered({ event: "book_borowed", userId, properties: book });
// @ts-expect-error its properties are missing
own.captureBuffered({ event: "book_borrowed", userId });
// @ts-expect-error an event of Devora's
void own.captureMany([{ event: "user_logged_in", userId }]);

// Trackers take null and undefined where their properties do, and no other names.
const analytics = createAnalytics({ db });
expectTypeOf<TrackerFields<"answer_rated">["rating"]>().toEqualTypeOf<-1 | 1>();
expectTypeOf<TrackerFields<"answer_rated">["comment"]>().toEqualTypeOf<string | null | undefined>();
expectTypeOf(
  analytics.trackUserSignedUp({ userId, method: maybe, signupSource: null }, { db }),
).toEqualTypeOf<Promise<CaptureResult>>();
void analytics.trackPageViewed({ distinctId: "anonymous-1", path: "/" });
void analytics.trackFileEvent("file_uploaded", { userId, projectId: "p", mimeType: "text/csv" });
void analytics.trackTrialEvent("trial_ended", { userId, plan: "pro", outcome: "paid" });
// @ts-expect-error nobody did it
void analytics.trackFeatureUsed({ feature: "dark_mode" });
// @ts-expect-error a rating is -1 or 1
void analytics.trackAnswerRated({ userId, messageId: "m", rating: 5 });
// @ts-expect-error messageId may not be null
void analytics.trackAnswerRated({ userId, messageId: null, rating: 1 });
// @ts-expect-error only uploads have a type
void analytics.trackFileEvent("file_created", { userId, projectId: "p", mimeType: "text/csv" });
const payment = { userId, invoiceId: "in_1", amountMinor: 990, currency: "EUR" };
void analytics.trackPaymentEvent("payment_failed", { ...payment, failureCode: "card_declined" });
// @ts-expect-error an invoice that was paid has no failure
void analytics.trackPaymentEvent("invoice_paid", { ...payment, failureCode: "card_declined" });
// @ts-expect-error money has a currency
void analytics.trackPaymentEvent("invoice_paid", { userId, invoiceId: "in_1", amountMinor: 990 });
// @ts-expect-error no payment
void analytics.trackPaymentEvent("trial_started", { userId, plan: "pro" });

// Families are whole: an event that is added to the catalogue is missed here.
expectTypeOf<FileEvent>().toEqualTypeOf<Extract<EventType, `file_${string}`>>();
expectTypeOf<DeploymentEvent>().toEqualTypeOf<Extract<EventType, `deployment_${string}`>>();
expectTypeOf<TrialEvent>().toEqualTypeOf<Extract<EventType, `trial_${string}`>>();
expectTypeOf<SubscriptionEvent>().toEqualTypeOf<Extract<EventType, `subscription_${string}`>>();
expectTypeOf<PaymentEvent>().toEqualTypeOf<
  Exclude<Extract<EventType, `${"invoice" | "payment"}_${string}`>, "payment_method_added">
>();

// What is made of a catalogue takes any.
expectTypeOf(trackingPlan(catalogue).events.book_borrowed).toEqualTypeOf<PlannedEvent | undefined>();
expectTypeOf(eventsMarkdown({ ...devoraCatalogue, ...catalogue }, { title: "Events" })).toBeString();
expectTypeOf(driftReport({ db, catalogue, from: new Date(0), to: new Date(1) })).resolves.toExtend<{
  findings: DriftFinding[];
}>();
// @ts-expect-error a range has an end
void driftReport({ db, from: new Date(0) });
