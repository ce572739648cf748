import type { Database } from "@devora/db-schema";
import { projects } from "@devora/db-schema";
import { expectTypeOf, test } from "vitest";
import { createSearch, defineSource, type Segment } from "../../src/index.ts";
import { bookSource, books } from "../books.ts";

declare const db: Database;

test("a source takes columns of its own table alone", () => {
  const base = {
    name: "books",
    table: books,
    id: books.id,
    title: books.title,
    vector: books.search,
  } as const;
  defineSource(base);
  // @ts-expect-error a column of another table
  defineSource({ ...base, body: projects.description });
  // @ts-expect-error a column of another table among the metadata
  defineSource({ ...base, metadata: { x: projects.name } });
  // @ts-expect-error an unknown language
  defineSource({ ...base, language: "de" });
});

test("own sources name the verbs and type their results and filters", async () => {
  const search = createSearch({ db, sources: [bookSource] });
  const { results } = await search.searchBooks({ query: "x", ownerId: "a", filters: { year: [1900, 2000] } });
  const [hit] = results;
  if (!hit) return;
  expectTypeOf(hit.type).toEqualTypeOf<"books">();
  expectTypeOf(hit.snippet).toEqualTypeOf<readonly Segment[]>();
  expectTypeOf(hit.metadata.genre).toEqualTypeOf<"novel" | "manual">();
  expectTypeOf(hit.metadata.year).toEqualTypeOf<number | null>();
  expectTypeOf(hit.metadata.price).toEqualTypeOf<string | null>();
  expectTypeOf(hit.metadata.publishedAt).toEqualTypeOf<string | null>();
  // @ts-expect-error no such source
  await search.search({ query: "x", sources: ["projects"] });
  // @ts-expect-error no such verb
  await search.searchProjects({ query: "x" });
  // @ts-expect-error a filter that the source does not declare
  await search.search({ query: "x", filters: { price: "1" } });
  // @ts-expect-error a value that the column cannot have
  await search.search({ query: "x", filters: { genre: "poem" } });
});

test("without sources, Devora's: results are told apart by type", async () => {
  const search = createSearch({ db });
  expectTypeOf(search).toHaveProperty("searchProjects");
  expectTypeOf(search).toHaveProperty("searchConversations");
  expectTypeOf(search).toHaveProperty("searchMessages");
  expectTypeOf(search).toHaveProperty("searchFiles");
  const { results } = await search.searchAll({ query: "x", ownerId: "a", filters: { status: "active" } });
  for (const hit of results) {
    if (hit.type === "files") expectTypeOf(hit.metadata.sizeBytes).toEqualTypeOf<number>();
    if (hit.type === "messages") {
      expectTypeOf(hit.metadata.role).toEqualTypeOf<"user" | "assistant" | "system">();
    }
  }
  const { suggestions } = await search.getSuggestions({ prefix: "x", ownerId: "a" });
  for (const suggestion of suggestions) {
    if (suggestion.kind !== "title") continue;
    expectTypeOf(suggestion.type).toEqualTypeOf<"projects" | "conversations" | "messages" | "files">();
  }
});
