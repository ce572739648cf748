import { sql } from "drizzle-orm";
import {
  bigint,
  bit,
  boolean,
  date,
  index,
  integer,
  jsonb,
  numeric,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { newId } from "../ids.ts";
import { devora } from "./core.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** Who was active on which UTC day. */
export const userDays = devora.table(
  "user_days",
  {
    day: date("day").notNull(),
    ownerId: text("owner_id").notNull(),
    activeQuarters: bit("active_quarters", { dimensions: 96 }).notNull(),
    events: integer("events").notNull(),
    firstAt: instant("first_at").notNull(),
    lastAt: instant("last_at").notNull(),
  },
  (t) => [
    primaryKey({ name: "user_days_pkey", columns: [t.day, t.ownerId] }),
    index("user_days_owner_id_day_idx").on(t.ownerId, t.day),
  ],
);

/** One figure per metric, zone and closed local day. */
export const metricDays = devora.table(
  "metric_days",
  {
    metric: text("metric").notNull(),
    timeZone: text("time_zone").notNull(),
    day: date("day").notNull(),
    numerator: numeric("numerator"),
    denominator: numeric("denominator"),
    computedAt: instant("computed_at").notNull().defaultNow(),
    restatedAt: instant("restated_at"),
  },
  (t) => [primaryKey({ name: "metric_days_pkey", columns: [t.metric, t.timeZone, t.day] })],
);

/** Retention triangle: how many of a cohort came back in its n-th period. */
export const cohortCells = devora.table(
  "cohort_cells",
  {
    granularity: text("granularity", { enum: ["day", "week", "month"] }).notNull(),
    timeZone: text("time_zone").notNull(),
    cohort: date("cohort").notNull(),
    period: integer("period").notNull(),
    cohortSize: integer("cohort_size").notNull(),
    retained: integer("retained").notNull(),
    computedAt: instant("computed_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ name: "cohort_cells_pkey", columns: [t.granularity, t.timeZone, t.cohort, t.period] }),
  ],
);

/** Append-only ledger of changes of monthly recurring revenue, per customer and currency. */
export const mrrMovements = devora.table(
  "mrr_movements",
  {
    id: uuid("id").primaryKey().$defaultFn(newId),
    occurredAt: instant("occurred_at").notNull(),
    day: date("day").notNull(),
    ownerId: text("owner_id").notNull(),
    currency: text("currency").notNull(),
    kind: text("kind", {
      enum: ["new", "expansion", "contraction", "churn", "reactivation", "fx"],
    }).notNull(),
    deltaMinor: numeric("delta_minor", { precision: 24, scale: 6 }).notNull(),
    reconstructed: boolean("reconstructed").notNull().default(false),
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    index("mrr_movements_day_idx").on(t.day, t.currency),
    index("mrr_movements_owner_id_occurred_at_idx").on(t.ownerId, t.occurredAt),
  ],
);

/** UTC days whose rollups are stale; append-only. */
export const dirtyMarks = devora.table(
  "dirty_marks",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    day: date("day").notNull(),
    reason: text("reason").notNull(),
    markedAt: instant("marked_at").notNull().default(sql`clock_timestamp()`),
  },
  (t) => [index("dirty_marks_day_idx").on(t.day)],
);

/** What one unit of `currency` was worth in `baseCurrency` on a day. */
export const currencyRates = devora.table(
  "currency_rates",
  {
    day: date("day").notNull(),
    currency: text("currency").notNull(),
    baseCurrency: text("base_currency").notNull(),
    rate: numeric("rate", { precision: 24, scale: 12 }).notNull(),
  },
  (t) => [primaryKey({ name: "currency_rates_pkey", columns: [t.baseCurrency, t.currency, t.day] })],
);

/** Staff, tests and bots: left out of every metric. */
export const excludedUsers = devora.table("excluded_users", {
  ownerId: text("owner_id").primaryKey(),
  reason: text("reason").notNull().default(""),
  createdAt: instant("created_at").notNull().defaultNow(),
});

/** View: activity per user and UTC day, as fresh as {@link userDays}. For `devora_service` alone. */
export const dailyUserActivity = devora
  .view("mv_daily_user_activity", {
    day: date("day").notNull(),
    ownerId: text("owner_id").notNull(),
    events: integer("events").notNull(),
    firstAt: instant("first_at").notNull(),
    lastAt: instant("last_at").notNull(),
  })
  .existing();
