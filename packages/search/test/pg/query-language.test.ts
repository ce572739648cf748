import { useTestDatabase } from "@devora/testing";
import { beforeAll, expect, test } from "vitest";
import { createSearch, defineSource } from "../../src/index.ts";
import { addBooks, bookSource, books, createBooks } from "../books.ts";

const database = useTestDatabase();
const manuals = defineSource({
  name: "manuals",
  table: books,
  id: books.id,
  title: books.title,
  body: books.blurb,
  vector: books.search,
  language: "en",
  owner: books.tenant,
  filters: { outOfPrint: books.year, price: books.price },
});
const searchOf = () => createSearch({ db: database.db, sources: [bookSource], role: null });

beforeAll(async () => {
  await createBooks(database.db);
  const at = (day: string) => ({ publishedAt: new Date(`${day}T12:00:00Z`) });
  await addBooks(database.db, [
    { title: "cat", blurb: "A cat in the garden.", year: 1990, ...at("2023-12-31") },
    { title: "dog", blurb: "A dog in the garden.", year: 2001, ...at("2024-01-01") },
    { title: "fish", blurb: "A fish in the pond.", year: 2001, genre: "manual", ...at("2024-06-15") },
    { title: "both", blurb: "A cat and a dog, electronic reactions.", ...at("2025-01-01") },
    { title: "hamlet", blurb: "http://example.com/x and C:\\temp, ratio 3:4, note:well" },
    { title: "stolen cat", blurb: "A cat of somebody else.", tenant: "other", year: 2001 },
  ]);
});

const ask = (query: string) => searchOf().search({ query, ownerId: "acme" });
const found = async (query: string) => (await ask(query)).results.map(({ title }) => title).sort();

test.each([
  ["cat or dog", ["both", "cat", "dog"]],
  ["cat OR dog", ["both", "cat", "dog"]],
  ["cat | fish", ["both", "cat", "fish"]],
  ["cat ou fish garden", ["cat"]],
  [`"a fish" or "a dog"`, ["both", "dog", "fish"]],
  ["cat or dog -garden", ["both"]],
  ["cat or the", ["both", "cat"]],
  ["elec*", ["both"]],
  ["reacti* cat", ["both"]],
  ["reactions*", ["both"]],
  ["garden -ca*", ["dog"]],
  ["FIS*", ["fish"]],
])("%s", async (query, titles) => {
  const answer = await ask(query);
  expect(
    answer.results
      .slice(0, titles.length)
      .map(({ title }) => title)
      .sort(),
  ).toEqual(titles);
  if (!answer.relaxed) expect(answer.total).toBe(titles.length);
});

test("of alternatives one is enough and no relaxation, both are better", async () => {
  const { results, relaxed, total } = await ask("cat or dog");
  expect({ relaxed, total }).toEqual({ relaxed: false, total: 3 });
  const alone = await ask("dog");
  const score = (title: string, answer: typeof alone) =>
    answer.results.find((result) => result.title === title)?.score ?? 0;
  expect(results.every(({ score }) => score >= 1 / 3)).toBe(true);
  // The other alternative takes nothing from the one that a row has.
  expect(score("dog", { ...alone, results }) % (1 / 3)).toBeGreaterThan(
    0.9 * (score("dog", alone) % (1 / 3)),
  );
});

test("the start of a word is marked", async () => {
  const { results } = await ask("electr*");
  expect(results[0]?.snippet).toContainEqual({ text: "electronic", hit: true });
});

test.each([
  ["year:2001 garden", ["dog"]],
  ["garden year:1990,2001", ["cat", "dog"]],
  ["-year:2001 cat", ["both", "cat"]],
  ["Genre:MANUAL fish", ["fish"]],
  ["-genre:manual fish", []],
  ["type:books cat", ["both", "cat"]],
  ["type:book cat", ["both", "cat"]],
  ["lang:en cat", ["both", "cat"]],
  ["lang:fr cat", []],
  ["-lang:fr cat", ["both", "cat"]],
  ["after:2024 a* dog", ["both", "dog"]],
  ["dog before:2024-01-02", ["dog"]],
  ["dog after:2024 before:2024-02", ["dog"]],
  ["-after:2024 garden", ["cat"]],
  ["-before:2024-01-01 garden", ["dog"]],
])("%s", async (query, titles) => {
  expect((await found(query)).filter((title) => title !== "x")).toEqual(titles);
});

test("what was understood comes back, and what was not, with the reason", async () => {
  const filters = async (query: string) => (await ask(query)).filters;
  const holds = { problem: undefined, allowed: undefined };
  expect(await filters(`cat YEAR:2001 -type:book before:2024-06`)).toEqual([
    { name: "year", values: ["2001"], excluded: false, ...holds },
    { name: "type", values: ["books"], excluded: true, ...holds },
    { name: "before", values: ["2024-06-01"], excluded: false, ...holds },
  ]);
  expect(await filters("cat after:yesterday-ish")).toEqual([
    { name: "after", values: ["yesterday-ish"], excluded: false, problem: "not_a_date", allowed: undefined },
  ]);
  expect(await filters("cat type:invoice")).toMatchObject([{ problem: "unknown_value", allowed: ["books"] }]);
  expect(await filters("cat lang:klingon")).toMatchObject([
    { problem: "unknown_value", allowed: ["fr", "en", "simple"] },
  ]);
  expect(await filters("cat genre:poem")).toMatchObject([
    { problem: "impossible_value", allowed: ["novel", "manual"] },
  ]);
  expect(await filters("cat foo:bar http://x.y C: 3:4")).toEqual([]);
});

test("what is ignored does not narrow; a value that a column cannot have finds nothing", async () => {
  expect(await found("cat after:yesterday-ish type:invoice lang:klingon before:2024-02-30")).toEqual([
    "both",
    "cat",
  ]);
  for (const value of ["old", "1e9", "99999999999999999999", "2001;drop", "''"]) {
    expect(await found(`cat year:${value}`), value).toEqual([]);
  }
  expect(await found("cat year:9999999999")).toEqual([]);
  // Beside a possible one it is no harm.
  expect(await found("garden year:old,2001")).toEqual(["dog"]);
  expect(await found("garden -year:old")).toEqual(["cat", "dog"]);
});

test("a query's conditions narrow those of the call, and never reach another owner", async () => {
  const search = searchOf();
  const call = { ownerId: "acme", filters: { year: 1990 }, updatedAfter: new Date("2023-12-01") };
  const titles = async (query: string) =>
    (await search.search({ ...call, query })).results.map(({ title }) => title);
  expect(await titles("garden")).toEqual(["cat"]);
  expect(await titles("garden year:2001")).toEqual([]);
  expect(await titles("garden after:1900")).toEqual(["cat"]);
  expect(await titles("garden after:2024")).toEqual([]);
  expect(await found("cat tenant:other")).not.toContain("stolen cat");
  expect(await found("cat year:2001")).toEqual([]);
});

test("a condition leaves out the sources that do not have it, an exclusion does not", async () => {
  const search = createSearch({ db: database.db, sources: [bookSource, manuals], role: null });
  const types = async (query: string) => {
    const { results } = await search.search({ query, ownerId: "acme" });
    return [...new Set(results.map(({ type }) => type))].sort();
  };
  expect(await types("cat")).toEqual(["books", "manuals"]);
  expect(await types("cat -genre:manual")).toEqual(["books", "manuals"]);
  expect(await types("dog genre:novel")).toEqual(["books"]);
  expect(await types("dog out_of_print:2001")).toEqual(["manuals"]);
  expect(await types("dog outOfPrint:2001")).toEqual(["manuals"]);
  expect(await types("dog type:manual")).toEqual(["manuals"]);
  expect(await types("dog -type:manual,invoice")).toEqual(["books"]);
});

test("a colon that names nothing is text", async () => {
  expect(await found("http://example.com/x")).toEqual(["hamlet"]);
  expect(await found("note:well")).toEqual(["hamlet"]);
  expect(await found("C: ratio")).toEqual(["hamlet"]);
});

test("conditions alone ask for nothing, and the answer says so", async () => {
  expect(await ask("year:2001")).toMatchObject({ results: [], explanation: "only_filters" });
  expect(await ask("year:2001 -cat")).toMatchObject({ results: [], explanation: "only_exclusions" });
});

test("a decimal is compared as a number", async () => {
  await addBooks(database.db, [{ title: "priced", blurb: "gold", price: "12.50" }]);
  const search = createSearch({ db: database.db, sources: [manuals], role: null });
  const total = async (query: string) => (await search.search({ query, ownerId: "acme" })).total;
  expect(await total("gold price:12.5")).toBe(1);
  expect(await total("gold price:12.6")).toBe(0);
  expect(await total("gold price:NaN")).toBe(0);
});
