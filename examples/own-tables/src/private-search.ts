import { migrate, rlsFor, searchVector, withUser } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { createSearch, defineSource, installSearch, segmentsToHtml } from "@devora/search";
import { sql } from "drizzle-orm";
import { integer, pgTable, text } from "drizzle-orm/pg-core";

/** Search under row level security, with corrections: each reader finds the own notes alone. */

const notes = pgTable("notes", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  reader: text("reader").notNull(),
  title: text("title").notNull(),
  body: text("body").notNull(),
  search: searchVector("search", { language: sql`'en'`, title: sql`title`, body: sql`body` }),
});
const source = defineSource({
  name: "notes",
  table: notes,
  id: notes.id,
  owner: notes.reader,
  title: notes.title,
  body: notes.body,
  vector: notes.search,
  language: "en",
});

// With the login that migrates: the table, its policies, then what its searches need.
const { db, client, close } = await openEmbedded(); // or any Drizzle Postgres database
await migrate({ client, modules: ["search"] });
await client.exec(`
  create table notes (id int primary key generated always as identity, reader text not null, title text not null,
    body text not null, search tsvector not null generated always as (devora.search_vector('en', title, body)) stored);
  create index on notes using gin (reader, search)`);
for (const statement of rlsFor(notes, { owner: notes.reader })) await db.execute(statement);
await installSearch(db, [source]);

const write = (reader: string, title: string, body: string) =>
  withUser(db, reader, (tx) => tx.insert(notes).values({ reader, title, body }));
await write("ann", "The Lighthouse Keeper", "Talks to gulls; the storm is a metaphor.");
await write("bob", "Lighthouses of Brittany", "Six of them by bicycle.");

const search = createSearch({ db, sources: [source] });
await search.refreshStatistics(); // a worker's task, every few seconds

const { correctedQuery, results } = await search.searchNotes({ query: "lighthuose", ownerId: "ann" });
console.log(`Showing results for ${correctedQuery}`);
for (const { titleSegments } of results) console.log(segmentsToHtml(titleSegments));

const { suggestions } = await search.getSuggestions({ prefix: "lig", ownerId: "ann" });
for (const { kind, text } of suggestions) console.log(`${kind}: ${text}`);
await close();
