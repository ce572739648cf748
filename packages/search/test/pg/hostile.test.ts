import { useTestDatabase } from "@devora/testing";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { createSearch } from "../../src/index.ts";
import { addBooks, bookSource, createBooks } from "../books.ts";

const database = useTestDatabase();
const searchOf = () => createSearch({ db: database.db, sources: [bookSource], role: null });
beforeAll(async () => {
  await createBooks(database.db);
  await addBooks(database.db, [{ title: "A walrus", blurb: "100% of walruses_like \\ fish" }]);
});

test.each([
  "a\0b",
  "\ud800 lone \udfff",
  "walrus & !",
  "'",
  "''''",
  "\\",
  "\\'walrus",
  "walrus:*",
  "walrus:A",
  "((walrus",
  "<->",
  "!walrus | & <2>",
  '"unclosed walrus',
  '- -- --walrus -"',
  "'; drop table books; --",
  "$1 $$ %s {}",
  "\u202E\u200B\uFEFF",
  "𝕨𝕒𝕝𝕣𝕦𝕤 😀",
  "x".repeat(5_000),
  "word ".repeat(5_000),
  "a/b/c/d.e-f_g@h.i".repeat(50),
  "walrus ".repeat(150_000),
  "(".repeat(9_000),
  '"'.repeat(9_001),
  "*".repeat(9_000),
  ":".repeat(9_000),
  "a:".repeat(9_000),
  "type:".repeat(9_000),
  "year:1,".repeat(9_000),
  "|".repeat(9_000),
  "a|".repeat(9_000),
  "-a* ".repeat(9_000),
  `${"or ou OR OU ".repeat(500)}walrus`,
  Array.from({ length: 10_000 }, (_, n) => `word${n}*`).join(" "),
  Array.from({ length: 300 }, (_, n) => `genre:x${n}`).join(" "),
  "\u05d0\u05d1\u05d2 \u0627\u0644\u0644\u063a\u0629 walrus",
  "👩‍👩‍👧‍👦*  -🏴‍☠️ \u{e0001}tag",
  "e\u0301le\u0300ve*",
  "1e400 0x1F 1.2.3.4* -1.5 +3",
  "user@example.com* -a.b/c?d=e* http://x.y/z*",
])("any query, prefix or question has an answer: %j", async (text) => {
  const search = searchOf();
  const found = await search.search({ query: text, ownerId: "acme" });
  expect(Array.isArray(found.results)).toBe(true);
  await search.getSuggestions({ prefix: text, ownerId: "acme" });
  await search.retrieve({ query: text, ownerId: "acme" });
});

test("operators of tsquery are no operators here", async () => {
  const search = searchOf();
  const total = async (query: string) => (await search.search({ query, ownerId: "acme" })).total;
  expect(await total("walr:*")).toBe(0);
  expect(await total("walrus & fish")).toBe(1);
  expect(await total("!walrus")).toBe(1);
});

test("every string has an answer", async () => {
  const search = searchOf();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 60 }), async (query) => {
      const { results, total } = await search.search({ query, ownerId: "acme" });
      expect(results.length).toBe(total);
      await search.getSuggestions({ prefix: query, ownerId: "acme" });
    }),
    { numRuns: 80 },
  );
});

test.each([
  [{ ownerId: "" }, "INVALID_OPTION"],
  [{ ownerId: "a\0b" }, "INVALID_OPTION"],
  [{ ownerId: "acme", limit: 0 }, "INVALID_OPTION"],
  [{ ownerId: "acme", limit: 101 }, "INVALID_OPTION"],
  [{ ownerId: "acme", limit: 1.5 }, "INVALID_OPTION"],
  [{ ownerId: "acme", offset: -1 }, "INVALID_OPTION"],
  [{ ownerId: "acme", updatedAfter: new Date("x") }, "INVALID_OPTION"],
  [{ ownerId: "acme", query: 7 as unknown as string }, "INVALID_OPTION"],
  [{ ownerId: "acme", sources: [] }, "UNKNOWN_SOURCE"],
])("wrong options are refused by name: %j", async (options, code) => {
  const call = searchOf().search({ query: "walrus", ...options });
  await expect(call).rejects.toMatchObject({ name: "SearchError", code });
});
