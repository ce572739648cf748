import type { Database } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { json, pgTable, serial, text, uuid } from "drizzle-orm/pg-core";
import { expect, test } from "vitest";
import {
  createEmbeddings,
  defineSource,
  EmbeddingsError,
  type EmbeddingsOptions,
  hashingEmbedder,
  isEmbeddingsError,
} from "../../src/index.ts";

const db = { execute() {} } as unknown as Database;
const embedder = hashingEmbedder();
const table = pgTable("t", { id: serial("id").primaryKey(), body: text("body"), data: json("data") });
const other = pgTable("other", { id: uuid("id").primaryKey() });
const source = defineSource({ name: "t", table, id: table.id, text: table.body });

test.each([
  ["no database", { db: {} as Database, embedder }],
  ["no embedder", { db, embedder: {} as never }],
  ["an embedder without a name", { db, embedder: { ...embedder, model: " " } }],
  ["too many dimensions", { db, embedder: { ...embedder, dimensions: 4001 } }],
  ["no sources", { db, embedder, sources: [] }],
  ["sources of one name", { db, embedder, sources: [source, source] }],
  ["passages above the embedder's limit", { db, embedder, chunking: { maxTokens: 9_000 } }],
  ["an overlap of nearly all", { db, embedder, chunking: { maxTokens: 100, overlapTokens: 99 } }],
  ["an unknown kind of index", { db, embedder, index: "ivfflat" as "bit" }],
  ["an oversampling of nothing", { db, embedder, oversampling: 0 }],
] as [string, EmbeddingsOptions][])("%s is refused when created", (_, options) => {
  expect(() => createEmbeddings(options)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test.each([
  ["a name with a space", { name: "a b", table, id: table.id, text: table.body }],
  ["a column of another table", { name: "t", table, id: other.id, text: table.body }],
  ["a missing text", { name: "t", table, id: table.id }],
  ["an id that is json", { name: "t", table, id: table.data, text: table.body }],
  ["a filter by json", { name: "t", table, id: table.id, text: table.body, filters: { data: table.data } }],
  [
    "a filter of another table",
    { name: "t", table, id: table.id, text: table.body, filters: { id: other.id } },
  ],
  ["an unknown kind", { name: "t", table, id: table.id, text: table.body, kind: "poem" }],
])("a source with %s is refused", (_, definition) => {
  expect(() => defineSource(definition as never)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});

test("a serial column is cast as an integer, which serial is not a type of", () => {
  expect(source.idType.name).toBe("integer");
  expect(defineSource({ name: "u", table, id: table.id, text: sql`'x'` }).idType.canonical("007")).toBe("7");
});

test("texts to embed are strings that are not blank", async () => {
  const embeddings = createEmbeddings({ db, embedder, sources: [source] });
  expect((await embeddings.generateEmbedding("tea")).embedding).toHaveLength(768);
  expect(await embeddings.generateEmbeddingsBatch([])).toMatchObject({
    embeddings: [],
    usage: { tokens: 0 },
  });
  for (const bad of ["", "  ", undefined, 5]) {
    await expect(embeddings.generateEmbeddingsBatch(["fine", bad as string])).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("number 1 of 2"),
    });
  }
});

test("errors are known by their brand, also those of another copy", () => {
  expect(isEmbeddingsError(new EmbeddingsError("INVALID_INPUT", "x"))).toBe(true);
  const copy = Object.defineProperty(new Error("x"), Symbol.for("@devora/embeddings.error"), { value: true });
  expect(isEmbeddingsError(copy)).toBe(true);
  expect(isEmbeddingsError(new Error("x"))).toBe(false);
  expect(isEmbeddingsError(null)).toBe(false);
});
