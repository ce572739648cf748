import { rowsOf } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";

const database = useTestDatabase();

async function finds(language: string, text: string, query: string): Promise<boolean> {
  const [row] = await rowsOf(
    database.db,
    sql`select devora.search_vector(${language}::text, '', ${text}::text) @@ plainto_tsquery(devora.text_config(${language}::text), ${query}::text) as found`,
  );
  return row?.found === true;
}

test.each([
  ["fr", "La sécurité des données", "securite donnee", true],
  ["fr", "L'authentification d'un élève", "authentifications eleves", true],
  ["en", "Running queries", "query runs", true],
  ["simple", "Running queries", "query", false],
  ["xx", "Déjà vu", "deja", true],
  ["en", "const row: Promise<Customer> = load();", "customer", true],
  ["en", "<Invoice total={sum} />", "invoice", true],
])("in %s, %j is found by %j: %s", async (language, text, query, found) => {
  expect(await finds(language, text, query)).toBe(found);
});

test.each([
  ["short words", (n: number) => n.toString(36)],
  ["compounds", (n: number) => `${n.toString(36)}-${(n * 7).toString(36)}`],
  ["addresses", (n: number) => `${n.toString(36)}.example.com/${n}`],
  ["wide letters", (n: number) => String.fromCodePoint(0x20000 + (n % 40_000)) + n.toString(36)],
])("a text of a million characters of %s makes no insert fail", async (_kind, word) => {
  let text = "";
  for (let n = 0; text.length < 1_000_000; n++) text += `${word(n)} `;
  const [row] = await rowsOf(
    database.db,
    sql`select length(devora.search_vector('simple', ${text}::text, ${text}::text)) as words, length(devora.identifier_vector(${text}::text)) as identifiers`,
  );
  expect(Number(row?.words)).toBeGreaterThan(1000);
  expect(Number(row?.identifiers)).toBeGreaterThan(1000);
});

test("identifiers are kept whole and in parts", async () => {
  const [row] = await rowsOf(
    database.db,
    sql`select to_jsonb(tsvector_to_array(devora.identifier_vector(${"src/lib/getUserById.ts user_by_id HTTPServer row-level"}::text))) as words`,
  );
  expect(row?.words).toEqual(
    expect.arrayContaining([
      "src/lib/getuserbyid.ts",
      "getuserbyid",
      "get",
      "user",
      "by",
      "id",
      "user_by_id",
      "httpserver",
      "http",
      "server",
      "row-level",
      "row",
      "level",
    ]),
  );
});
