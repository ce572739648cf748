import { drop, keep } from "./define-catalogue.ts";
import { count, durationMs, fieldNames, label, text } from "./property-schemas.ts";

/** What a person does with the account, and the visits. */
export const accountEvents = {
  user_signed_up: {
    description: "A person made an account.",
    countsAsActivity: true,
    retention: "long",
    properties: {
      method: keep(label.nullish()),
      signup_source: keep(label.nullish()),
      plan: keep(label.nullish()),
    },
  },
  user_logged_in: {
    description: "A user signed in.",
    countsAsActivity: true,
    properties: { method: keep(label.nullish()) },
  },
  user_logged_out: {
    description: "A user signed out.",
    countsAsActivity: true,
    properties: { method: keep(label.nullish()) },
  },
  user_updated: {
    description: "A user changed the profile.",
    countsAsActivity: true,
    properties: { fields: keep(fieldNames.nullish()) },
  },
  user_deleted: {
    description: "A user's account was deleted.",
    retention: "long",
    properties: { reason: drop(text.nullish()) },
  },
  email_verified: {
    description: "A user proved to own the e-mail address.",
    countsAsActivity: true,
    properties: { method: keep(label.nullish()) },
  },
  password_reset_requested: {
    description: "Someone asked for a new password.",
    properties: { method: keep(label.nullish()) },
  },
  session_started: {
    description: "A visit began.",
    countsAsActivity: true,
    properties: { entry_path: keep(text.nullish()), device_type: keep(label.nullish()) },
  },
  session_ended: {
    description: "A visit ended, by itself or after a time without any event.",
    properties: { duration_ms: keep(durationMs), event_count: keep(count.nullish()) },
  },
  page_viewed: {
    description: "A person opened a page.",
    countsAsActivity: true,
    retention: "short",
    properties: { path: keep(text), title: drop(text.nullish()) },
  },
  feature_used: {
    description: "A user used a feature that has no event of its own.",
    countsAsActivity: true,
    properties: { feature: keep(label) },
  },
  feedback_submitted: {
    description: "A user told what they think.",
    countsAsActivity: true,
    properties: { subject: keep(label.nullish()), comment: drop(text.nullish()) },
  },
} as const;
