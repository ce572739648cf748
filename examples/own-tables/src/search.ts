import { migrate, searchVector } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { createSearch, defineSource, segmentsToHtml } from "@devora/search";
import { sql } from "drizzle-orm";
import { integer, pgTable, text } from "drizzle-orm/pg-core";

const books = pgTable("books", {
  id: integer("id").primaryKey(),
  title: text("title").notNull(),
  blurb: text("blurb").notNull(),
  search: searchVector("search", { language: sql`'en'`, title: sql`title`, body: sql`blurb` }),
});

const { db, client, close } = await openEmbedded(); // or any Drizzle Postgres database
await migrate({ client, modules: ["search"] });
await client.exec(`
  create table books (id int primary key, title text not null, blurb text not null,
    search tsvector not null generated always as (devora.search_vector('en', title, blurb)) stored);
  create index on books using gin (search)`);
await db.insert(books).values([
  { id: 1, title: "The Lighthouse Keeper", blurb: "Storms, ships and a keeper who talks to gulls." },
  { id: 2, title: "Bread at Home", blurb: "Sourdough for people who sleep at night." },
]);

const source = defineSource({
  name: "books",
  table: books,
  id: books.id,
  title: books.title,
  body: books.blurb,
  vector: books.search,
  language: "en",
});
const search = createSearch({ db, sources: [source] });
const { results } = await search.searchBooks({ query: "keepers talking about ships" });
for (const { title, snippet } of results) console.log(`${title}: ${segmentsToHtml(snippet)}`);
await close();
