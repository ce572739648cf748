import { sql } from "drizzle-orm";
import { customType, timestamp } from "drizzle-orm/pg-core";

/** PostgreSQL's `tsvector`, read as its text form. */
export const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });
/** PostgreSQL's `bytea`. */
export const bytea = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });

/**
 * `created_at` and `updated_at`, timestamptz. PostgreSQL fills both on insert, and each update by Drizzle sets
 * `updated_at` to the time of its transaction. So that other writers do as well, give the table a trigger:
 * `devora.set_updated_at()` before each row's update, or, beside a {@link searchVector}, `devora.touch_updated_at()`
 * after it (any BEFORE trigger makes PostgreSQL compute the vector anew at every update).
 */
export const timestamps = () => ({
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp("updated_at", { withTimezone: true })
    .notNull()
    .defaultNow()
    .$onUpdate(() => sql`now()`),
});

/** `deleted_at`: null while the row is live. */
export const softDelete = () => ({
  deletedAt: timestamp("deleted_at", { withTimezone: true }),
});
