import { type SQL, sql } from "drizzle-orm";
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

export interface SearchVectorParts {
  /** SQL of the row's language: `fr`, `en`, or anything else for no stemming. */
  language: SQL;
  /** SQL of the text that counts most (weight A). */
  title: SQL;
  /** SQL of the text (weight B); only its first 100,000 characters are indexed. */
  body: SQL;
}

/**
 * A generated search vector for a table of your own: kept true by PostgreSQL, in the row's language.
 *
 * @example
 * const books = pgTable("books", {
 *   title: text("title").notNull(),
 *   blurb: text("blurb").notNull(),
 *   search: searchVector("search", { language: sql`'en'`, title: sql`title`, body: sql`blurb` }),
 * });
 * // "search" tsvector generated always as (devora.search_vector('en', title, blurb)) stored not null
 */
export const searchVector = (name: string, { language, title, body }: SearchVectorParts) =>
  tsvector(name).notNull().generatedAlwaysAs(sql`devora.search_vector(${language}, ${title}, ${body})`);
