import { expect, test } from "vitest";
import { recordingAnalytics } from "../../src/testing.ts";

test("trackers of people, files, answers and money are events of the catalogue", async () => {
  const analytics = recordingAnalytics();
  const userId = "alice";
  const payment = { userId, invoiceId: "in_1", amountMinor: 990, currency: "EUR" };
  await analytics.trackUserSignedUp({ userId, method: "google", signupSource: null });
  await analytics.trackUserLoggedIn({ userId, method: undefined });
  await analytics.trackPageViewed({ distinctId: "anonymous-1", path: "/prices" });
  await analytics.trackFeatureUsed({ userId, feature: "dark_mode" });
  await analytics.trackFileEvent("file_uploaded", { userId, projectId: "p", mimeType: "text/csv" });
  await analytics.trackSearchResultClicked({ userId, source: "projects", entityId: "p", position: 0 });
  await analytics.trackAnswerRated({ userId, messageId: "m", rating: -1 });
  await analytics.trackCheckoutStarted({ userId, plan: "pro", billingInterval: "month" });
  await analytics.trackTrialEvent("trial_started", { userId, plan: "pro", trialDays: 14 });
  await analytics.trackPaymentEvent("invoice_paid", payment);
  await analytics.trackPaymentEvent("payment_failed", { ...payment, failureCode: "card_declined" });

  expect(analytics.events.map(({ event, properties }) => [event, { ...properties }])).toEqual([
    ["user_signed_up", { method: "google", signup_source: null }],
    ["user_logged_in", {}],
    ["page_viewed", { path: "/prices" }],
    ["feature_used", { feature: "dark_mode" }],
    ["file_uploaded", { project_id: "p", mime_type: "text/csv" }],
    ["search_result_clicked", { source: "projects", entity_id: "p", position: 0 }],
    ["answer_rated", { message_id: "m", rating: -1 }],
    ["checkout_started", { plan: "pro", billing_interval: "month" }],
    ["trial_started", { plan: "pro", trial_days: 14 }],
    ["invoice_paid", { invoice_id: "in_1", amount_minor: 990, currency: "EUR" }],
    [
      "payment_failed",
      { invoice_id: "in_1", amount_minor: 990, currency: "EUR", failure_code: "card_declined" },
    ],
  ]);
});
