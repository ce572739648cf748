import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { devora } from "./core.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** Ids of all events accepted, with the first accepted time; they outlive their events until they are pruned. */
export const eventIds = devora.table("event_ids", {
  id: uuid("id").primaryKey(),
  occurredAt: instant("occurred_at").notNull(),
});

/** Append-only product events, one partition a month. Written through `devora.capture_events` alone. */
export const analyticsEvents = devora.table(
  "analytics_events",
  {
    id: uuid("id").notNull(),
    event: text("event").notNull(),
    distinctId: text("distinct_id").notNull(),
    ownerId: text("owner_id"),
    actorId: text("actor_id"),
    sessionId: text("session_id"),
    occurredAt: instant("occurred_at").notNull(),
    claimedAt: instant("claimed_at"),
    receivedAt: instant("received_at").notNull().defaultNow(),
    countsAsActivity: boolean("counts_as_activity").notNull().default(false),
    retentionClass: text("retention_class").notNull().default("standard"),
    properties: jsonb("properties").$type<Record<string, unknown>>().notNull().default({}),
    context: jsonb("context").$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [
    primaryKey({ name: "analytics_events_pkey", columns: [t.id, t.occurredAt] }),
    index("analytics_events_occurred_at_idx").using("brin", t.occurredAt).with({ autosummarize: "on" }),
    index("analytics_events_owner_id_occurred_at_idx").on(t.ownerId, t.occurredAt),
    index("analytics_events_event_occurred_at_idx").on(t.event, t.occurredAt),
    index("analytics_events_other_ids_idx")
      .on(t.distinctId, t.occurredAt)
      .where(sql`owner_id is distinct from distinct_id`),
  ],
);

/** Delivery state of an event per destination. */
export const analyticsOutbox = devora.table(
  "analytics_outbox",
  {
    eventId: uuid("event_id").notNull(),
    destination: text("destination").notNull(),
    occurredAt: instant("occurred_at").notNull(),
    state: text("state", { enum: ["pending", "leased", "sent", "parked"] })
      .notNull()
      .default("pending"),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: instant("next_attempt_at").notNull().defaultNow(),
    leaseToken: uuid("lease_token"),
    leasedUntil: instant("leased_until"),
    lastError: text("last_error"),
    createdAt: instant("created_at").notNull().defaultNow(),
    sentAt: instant("sent_at"),
  },
  (t) => [
    primaryKey({ name: "analytics_outbox_pkey", columns: [t.eventId, t.destination] }),
    check("analytics_outbox_state_check", sql`${t.state} in ('pending', 'leased', 'sent', 'parked')`),
    index("analytics_outbox_due_idx")
      .on(t.destination, t.nextAttemptAt)
      .where(sql`state in ('pending', 'leased')`),
    index("analytics_outbox_parked_idx").on(t.destination, t.createdAt).where(sql`state = 'parked'`),
    index("analytics_outbox_sent_idx").on(t.destination, t.sentAt).where(sql`state = 'sent'`),
  ],
);

/** Ids of one person: events of `alias` count for `distinctId`. */
export const userAliases = devora.table(
  "user_aliases",
  {
    alias: text("alias").primaryKey(),
    distinctId: text("distinct_id").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [index("user_aliases_distinct_id_idx").on(t.distinctId)],
);

/** Last known feature flag definitions of PostHog, per project. */
export const flagDefinitions = devora.table("flag_definitions", {
  project: text("project").primaryKey(),
  definitions: jsonb("definitions"),
  fetchedAt: instant("fetched_at"),
  leaseToken: uuid("lease_token"),
  leasedUntil: instant("leased_until"),
});

/** Feature flags of the host's own. The app reads them, the service writes. */
export const featureFlags = devora.table(
  "feature_flags",
  {
    key: text("key").primaryKey(),
    definition: jsonb("definition").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull().defaultNow(),
    changedAt: instant("changed_at").notNull().defaultNow(),
    archivedAt: instant("archived_at"),
  },
  (t) => [check("feature_flags_key_check", sql`char_length(${t.key}) between 1 and 200`)],
);

/** Who opted out of analytics: a row per id of a person, and one of the empty id for everybody. */
export const consents = devora.table("consents", {
  distinctId: text("distinct_id").primaryKey(),
  optedOut: boolean("opted_out").notNull(),
  changedAt: instant("changed_at").notNull().defaultNow(),
});
