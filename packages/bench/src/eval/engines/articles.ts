import { type Database, searchVector } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { pgTable, text } from "drizzle-orm/pg-core";
import type { EngineCorpus } from "../engine.ts";

/** The corpus as a host would keep it: a table of its own with a search vector. */
export const articles = pgTable("articles", {
  id: text("id").primaryKey(),
  language: text("language").notNull(),
  title: text("title").notNull(),
  body: text("body").notNull(),
  search: searchVector("search", { language: sql`language`, title: sql`title`, body: sql`body` }),
});

/** Makes the table with its index and fills it. */
export async function loadArticles(db: Database, { documents, language }: EngineCorpus): Promise<void> {
  await db.execute(sql`
    create table articles (
      id text primary key, language text not null, title text not null, body text not null,
      search tsvector not null generated always as (devora.search_vector(language, title, body)) stored
    )`);
  for (let at = 0; at < documents.length; at += 500) {
    const rows = documents.slice(at, at + 500).map(({ id, title, text }) => ({
      id,
      language,
      title: storable(title),
      body: storable(text),
    }));
    await db.insert(articles).values(rows);
  }
  await db.execute(sql`create index articles_search_idx on articles using gin (search)`);
  await db.execute(sql`vacuum (analyze) articles`);
}

/** PostgreSQL's text holds neither U+0000 nor half a character. */
const storable = (text: string): string => text.replaceAll("\0", " ").toWellFormed();
