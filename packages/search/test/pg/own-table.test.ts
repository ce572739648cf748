import { useTestDatabase } from "@devora/testing";
import { eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { createSearch, defineSource } from "../../src/index.ts";
import { addBooks, bookSource, books, createBooks } from "../books.ts";

const database = useTestDatabase();
const searchOf = () =>
  createSearch({ db: database.db, sources: [bookSource], role: null, serviceRole: null });

let ids: string[] = [];
beforeAll(async () => {
  await createBooks(database.db);
  ids = await addBooks(database.db, [
    {
      title: "Sailing alone",
      blurb: "A man sails around the world in a small boat.",
      year: 1900,
      price: "12.50",
    },
    {
      title: "Boats and how to build them",
      blurb: "Planks, glue and patience.",
      genre: "manual",
      year: 1954,
    },
    {
      title: "The orchard",
      blurb: "Apples, bees and a family.",
      year: 2001,
      publishedAt: new Date("2001-05-01"),
    },
    { tenant: "other", title: "Building boats", blurb: "A rival's manual on boats.", genre: "manual" },
  ]);
});

test("finds rows of one owner by stem, the better title first", async () => {
  const { results, total, relaxed } = await searchOf().searchBooks({ query: "boat", ownerId: "acme" });
  expect(results.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
  expect({ total, relaxed }).toEqual({ total: 2, relaxed: false });
  expect(results[0]).toMatchObject({
    type: "books",
    title: "Boats and how to build them",
    updatedAt: undefined,
  });
  expect(results[0]?.titleSegments[0]).toEqual({ text: "Boats", hit: true });
  expect(results[1]?.snippet).toContainEqual({ text: "boat", hit: true });
});

test("another owner's rows never appear, nor count", async () => {
  const { results, total } = await searchOf().search({ query: "building boats rival", ownerId: "acme" });
  expect(results.map(({ title }) => title)).not.toContain("Building boats");
  expect(total).toBe(2);
  const rival = await searchOf().search({ query: "building boats", ownerId: "other" });
  expect(rival.results.map(({ id }) => id)).toEqual([ids[3]]);
  const stranger = await searchOf().search({ query: "boats", ownerId: "nobody" });
  expect(stranger).toMatchObject({ results: [], total: 0 });
});

test("rows of all owners only on demand", async () => {
  const search = searchOf();
  await expect(search.search({ query: "boats" })).rejects.toMatchObject({ code: "OWNER_REQUIRED" });
  const { total } = await search.search({ query: "boats", allOwners: true });
  expect(total).toBe(3);
  await expect(search.search({ query: "boats", allOwners: true, ownerId: "acme" })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});

test("rows of a source without an owner are everybody's", async () => {
  const source = defineSource({
    name: "catalogue",
    table: books,
    id: books.id,
    title: books.title,
    vector: books.search,
    language: "en",
    where: eq(books.genre, "manual"),
  });
  const search = createSearch({ db: database.db, sources: [source, bookSource], role: null });
  const { results } = await search.searchCatalogue({ query: "boats" });
  expect(new Set(results.map(({ id }) => id))).toEqual(new Set([ids[1], ids[3]]));
  expect(results[0]?.snippet).toEqual([]);
  // Beside one with an owner, the owner narrows that one alone.
  const both = await search.search({ query: "rival", ownerId: "acme" });
  expect(both.total).toBe(1);
  await expect(search.search({ query: "boats" })).rejects.toMatchObject({ code: "OWNER_REQUIRED" });
});

test("metadata come as JSON, decimals and times as text", async () => {
  const { results } = await searchOf().searchBooks({ query: "sailing", ownerId: "acme" });
  expect(results[0]?.metadata).toEqual({ genre: "novel", year: 1900, price: "12.50", publishedAt: null });
  const orchard = await searchOf().searchBooks({ query: "orchard", ownerId: "acme" });
  expect(orchard.results[0]?.updatedAt).toEqual(new Date("2001-05-01"));
  expect(new Date(orchard.results[0]?.metadata.publishedAt ?? "")).toEqual(new Date("2001-05-01"));
});

test("filters narrow by a value, a list, null and time", async () => {
  const search = searchOf();
  const found = async (options: object) =>
    (await search.searchBooks({ query: "boat apples", ownerId: "acme", ...options })).results.map(
      ({ id }) => id,
    );
  expect(await found({ filters: { genre: "manual" } })).toEqual([ids[1]]);
  expect(new Set(await found({ filters: { year: [1900, 2001] } }))).toEqual(new Set([ids[0], ids[2]]));
  expect(await found({ filters: { year: [] } })).toEqual([]);
  expect(await found({ filters: { year: null } })).toEqual([]);
  expect(await found({ updatedAfter: new Date("2001-04-30") })).toEqual([ids[2]]);
  await expect(found({ filters: { price: "1" } })).rejects.toMatchObject({ code: "INVALID_OPTION" });
});

test("pages are disjoint, complete and in one order", async () => {
  const { db } = database;
  await addBooks(
    db,
    Array.from({ length: 23 }, (_, n) => ({
      tenant: "pages",
      title: `Lighthouse ${n % 3}`,
      blurb: "lighthouse keeper",
    })),
  );
  const search = searchOf();
  const page = (offset: number, limit = 10) =>
    search.searchBooks({ query: "lighthouse", ownerId: "pages", limit, offset });
  const pages = await Promise.all([page(0), page(10), page(20)]);
  const all = await page(0, 100);
  expect(pages.flatMap(({ results }) => results.map(({ id }) => id))).toEqual(
    all.results.map(({ id }) => id),
  );
  expect(new Set(all.results.map(({ id }) => id)).size).toBe(23);
  expect(pages.map(({ total }) => total)).toEqual([23, 23, 23]);
  const scores = all.results.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
});

test("the caller's transaction is joined, its own rows seen", async () => {
  const { db } = database;
  const search = searchOf();
  await db
    .transaction(async (tx) => {
      await tx.insert(books).values({ tenant: "acme", title: "Unborn zeppelin", blurb: "", genre: "novel" });
      const { total } = await search.search({ query: "zeppelin", ownerId: "acme", db: tx });
      expect(total).toBe(1);
      throw new Error("undo");
    })
    .catch((error: Error) => expect(error.message).toBe("undo"));
  expect(await search.search({ query: "zeppelin", ownerId: "acme" })).toMatchObject({ total: 0 });
});

test("an aborted call rejects with the reason and runs no statement", async () => {
  const reason = new Error("gone");
  const db = { execute: () => expect.unreachable("a statement ran") } as never;
  const call = searchOf().search({ query: "boat", ownerId: "acme", db, signal: AbortSignal.abort(reason) });
  await expect(call).rejects.toBe(reason);
});

test("an abort between statements stops the call", async () => {
  const reason = new Error("enough");
  const abort = new AbortController();
  let statements = 0;
  const db = new Proxy(database.db, {
    get: (target, property, receiver) =>
      property === "execute"
        ? async (statement: never) => {
            statements += 1;
            const rows = await target.execute(statement);
            abort.abort(reason);
            return rows;
          }
        : Reflect.get(target, property, receiver),
  });
  const call = searchOf().search({ query: "boat", ownerId: "acme", db, signal: abort.signal });
  await expect(call).rejects.toBe(reason);
  expect(statements).toBe(1);
});

test("a failure of the database is a DatabaseError without values", async () => {
  const broken = createSearch({ db: database.db, sources: [bookSource], role: "no_such_role_here" });
  const error = await broken.search({ query: "s3cret", ownerId: "acme" }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "DatabaseError", operation: "search.search" });
  expect(String(error)).not.toContain("s3cret");
});
