import { type Database, searchVector } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { bigint, integer, numeric, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { defineSource } from "../src/index.ts";

/** A table of somebody who has none of Devora's: bigint ids, text owners. */
export const books = pgTable("books", {
  id: bigint("id", { mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity(),
  tenant: text("tenant").notNull(),
  title: text("title").notNull(),
  blurb: text("blurb").notNull(),
  genre: text("genre", { enum: ["novel", "manual"] }).notNull(),
  year: integer("year"),
  price: numeric("price"),
  publishedAt: timestamp("published_at", { withTimezone: true }),
  search: searchVector("search", { language: sql`'en'`, title: sql`title`, body: sql`blurb` }),
});

export const bookSource = defineSource({
  name: "books",
  table: books,
  id: books.id,
  title: books.title,
  body: books.blurb,
  vector: books.search,
  language: "en",
  owner: books.tenant,
  updatedAt: books.publishedAt,
  metadata: { genre: books.genre, year: books.year, price: books.price, publishedAt: books.publishedAt },
  filters: { genre: books.genre, year: books.year },
});

export async function createBooks(db: Database): Promise<void> {
  await db.execute(sql`
    create table books (
      id bigint generated always as identity primary key,
      tenant text not null,
      title text not null,
      blurb text not null,
      genre text not null default 'novel',
      year int,
      price numeric,
      published_at timestamptz,
      search tsvector not null generated always as (devora.search_vector('en', title, blurb)) stored
    )`);
  await db.execute(sql`create index books_search_idx on books using gin (tenant, search)`);
}

/** Inserts in order; answers the ids as text. */
export async function addBooks(
  db: Database,
  rows: readonly (Partial<typeof books.$inferInsert> & { title: string })[],
): Promise<string[]> {
  const inserted = await db
    .insert(books)
    .values(rows.map((row) => ({ tenant: "acme", blurb: "", genre: "novel" as const, ...row })))
    .returning({ id: books.id });
  return inserted.map(({ id }) => String(id));
}
