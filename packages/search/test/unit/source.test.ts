import { messages, projects } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { createSearch, defineSource, isSearchError, SearchError } from "../../src/index.ts";
import { escapeLike } from "../../src/text.ts";
import { bookSource, books } from "../books.ts";

const base = { table: books, id: books.id, title: books.title, vector: books.search };

describe("defineSource refuses", () => {
  test.each([
    ["a name that makes no verb", { ...base, name: "my books" }, /small letter first/],
    ["the name of a verb that is taken", { ...base, name: "all" }, /not `all`/],
    [
      "a column of another table",
      { ...base, name: "books", body: projects.description },
      /column of table projects/,
    ],
    [
      "metadata of another table",
      { ...base, name: "books", metadata: { x: messages.role } },
      /x is a column of table messages/,
    ],
    [
      "a filter of another table",
      { ...base, name: "books", filters: { x: messages.role } },
      /x is a column of table messages/,
    ],
    ["a vector that is none", { ...base, name: "books", vector: books.title }, /tsvector; title is text/],
    ["an id that is no column", { ...base, name: "books", id: sql`1` }, /id must be a column/],
    ["no title", { ...base, name: "books", title: undefined }, /title must be a column or SQL/],
  ])("%s", (_, definition, message) => {
    const define = () => defineSource(definition as never);
    expect(define).toThrow(message);
    expect(define).toThrow(expect.objectContaining({ code: "INVALID_SOURCE" }));
  });
});

test("createSearch refuses no sources and two of one name", () => {
  const db = {} as never;
  expect(() => createSearch({ db, sources: [] })).toThrow(/sources is empty/);
  expect(() => createSearch({ db, sources: [bookSource, bookSource] })).toThrow(
    /two sources are named books/,
  );
});

test("verbs are named after the sources", () => {
  const search = createSearch({ db: {} as never, sources: [bookSource] });
  expect(Object.keys(search).sort()).toEqual([
    "candidates",
    "close",
    "deleteQueriesBefore",
    "didYouMean",
    "flush",
    "getSuggestions",
    "refreshStatistics",
    "reportQueries",
    "retrieve",
    "search",
    "searchAll",
    "searchBooks",
    "setSynonyms",
  ]);
});

test("errors of another copy of the package are known by their brand", () => {
  const error = new SearchError("OWNER_REQUIRED", "x");
  expect(isSearchError(error)).toBe(true);
  expect(isSearchError({ [Symbol.for("@devora/search.error")]: true })).toBe(true);
  expect(isSearchError(new Error("x"))).toBe(false);
  expect(isSearchError(null)).toBe(false);
});

test("wildcards of LIKE are escaped", () => {
  expect(escapeLike("50%_\\x")).toBe("50\\%\\_\\\\x");
});
