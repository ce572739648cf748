import type { Database } from "@devora/db-schema";
import { bigint, integer, pgTable, text } from "drizzle-orm/pg-core";
import OpenAI from "openai";
import { expectTypeOf } from "vitest";
import {
  createEmbeddings,
  defineSource,
  devoraSources,
  hashingEmbedder,
  openaiEmbedder,
} from "../../src/index.ts";

declare const db: Database;
const embedder = hashingEmbedder();
const notes = pgTable("notes", { id: bigint("id", { mode: "number" }).primaryKey(), body: text("body") });
const other = pgTable("other", { id: bigint("id", { mode: "number" }).primaryKey() });

// The client of the openai package is the structural client, as it is.
openaiEmbedder(new OpenAI());

// A source's name is a literal, its columns are those of its table.
const source = defineSource({ name: "notes", table: notes, id: notes.id, text: notes.body });
expectTypeOf(source.name).toEqualTypeOf<"notes">();
// @ts-expect-error a column of another table
defineSource({ name: "notes", table: notes, id: other.id, text: notes.body });
// @ts-expect-error an unknown kind
defineSource({ name: "notes", table: notes, id: notes.id, text: notes.body, kind: "poem" });

// Other tables touch it by a column of theirs, and match a column of its own.
const touched = { name: "notes", table: notes, id: notes.id, text: notes.body } as const;
defineSource({ ...touched, touchedBy: [{ column: other.id }, { column: other.id, matches: notes.id }] });
// @ts-expect-error a column of another table
defineSource({ ...touched, touchedBy: [{ column: other.id, matches: other.id }] });

// The names of the sources are the names that the verbs take and answer.
const own = createEmbeddings({ db, embedder, sources: [source, devoraSources[1]] });
void own.semanticSearch({ queryText: "x", ownerId: "1", entityTypes: ["notes", "files"] });
// @ts-expect-error not one of the sources
void own.semanticSearch({ queryText: "x", ownerId: "1", entityTypes: ["projects"] });
// @ts-expect-error not one of the sources
void own.embed("projects", "1");
expectTypeOf<Awaited<ReturnType<typeof own.semanticSearch>>["results"][number]["source"]>().toEqualTypeOf<
  "notes" | "files"
>();

// Without sources, they are Devora's.
const devora = createEmbeddings({ db, embedder });
expectTypeOf(devora.embed)
  .parameter(0)
  .toEqualTypeOf<"projects" | "files" | "conversations" | "messages" | "documents">();

// What rag needs of a retriever.
interface Retriever {
  retrieve(call: {
    readonly query: string;
    readonly ownerId: string;
    readonly limit: number;
    readonly signal: AbortSignal;
    readonly db?: Database;
  }): Promise<{
    readonly passages: readonly {
      readonly id: string;
      readonly source: string;
      readonly entityId: string;
      readonly title: string;
      readonly text: string;
      readonly start: number;
      readonly end: number;
      readonly score: number;
      readonly updatedAt?: Date | string | null | undefined;
    }[];
    readonly complete: boolean;
  }>;
}
expectTypeOf(own).toExtend<Retriever>();

// Filters are those of the sources, typed by their columns.
const articles = pgTable("articles", {
  id: bigint("id", { mode: "number" }).primaryKey(),
  genre: text("genre", { enum: ["novel", "manual"] }).notNull(),
  year: integer("year"),
  tags: text("tags").array().notNull(),
  body: text("body").notNull(),
});
const articleSource = defineSource({
  name: "articles",
  table: articles,
  id: articles.id,
  text: articles.body,
  filters: { genre: articles.genre, year: articles.year, tags: articles.tags },
});
const library = createEmbeddings({ db, embedder, sources: [articleSource, source] });
void library.semanticSearch({ queryText: "x", filters: { genre: "novel", year: [1900, null], tags: "sea" } });
void library.retrieve({ query: "x", filters: { tags: ["sea", "sails"] }, updatedAfter: new Date(), ef: 200 });
void library.findSimilarEntities({ source: "articles", id: 1, filters: { genre: ["novel", "manual"] } });
// @ts-expect-error a value that the column cannot have
void library.semanticSearch({ queryText: "x", filters: { genre: "poem" } });
// @ts-expect-error no null in a column that is not null
void library.semanticSearch({ queryText: "x", filters: { genre: null } });
// @ts-expect-error a number for a text
void library.retrieve({ query: "x", filters: { tags: [1] } });
// @ts-expect-error a filter that no source declares
void library.findSimilarEntities({ source: "articles", id: 1, filters: { colour: "red" } });
const ofArticles = { name: "articles", table: articles, id: articles.id, text: articles.body } as const;
// @ts-expect-error a column of another table
defineSource({ ...ofArticles, filters: { x: notes.body } });
void devora.retrieve({ query: "x", ownerId: "1", filters: { projectId: "1", role: "user", tags: ["a"] } });
// @ts-expect-error a role that no message has
void devora.retrieve({ query: "x", ownerId: "1", filters: { role: "poet" } });
