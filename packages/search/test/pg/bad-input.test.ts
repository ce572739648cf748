import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rowsOf } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { createSearch, segmentsToHtml } from "../../src/index.ts";
import { parseQuery } from "../../src/parse-query.ts";
import { decodeLexemes, textLexemes } from "../../src/queries/lexemes.ts";
import { composeTerms, textsToStem } from "../../src/terms.ts";
import { storable } from "../../src/text.ts";
import { addBooks, bookSource, createBooks } from "../books.ts";

const stemming = { kernel: undefined, statistics: false, ownerId: undefined };

/** Collections of hostile strings, kept beside the project; each states its source and licence. */
const data = new URL("../../../../../shared/data/bad-input/", import.meta.url);

function stringsOf(file: string): string[] {
  const text = readFileSync(new URL(file, data), "utf8");
  if (file.endsWith(".json")) return JSON.parse(text);
  return text
    .trim()
    .split("\n")
    .map((line) => String(JSON.parse(line).text));
}

const everyNth = <T>(list: readonly T[], n: number): T[] => list.filter((_, index) => index % n === 0);

const files = existsSync(data) ? readdirSync(data).filter((file) => /\.jsonl?$/.test(file)) : [];

describe.skipIf(files.length === 0)("collections of hostile strings", () => {
  const database = useTestDatabase();
  const searchOf = () => createSearch({ db: database.db, sources: [bookSource], role: null });
  beforeAll(async () => {
    await createBooks(database.db);
    await addBooks(database.db, [{ title: "A walrus", blurb: "100% of walruses_like \\ fish" }]);
  });

  test.each(files)(
    "%s: every string makes queries that PostgreSQL reads",
    { timeout: 120_000 },
    async (file) => {
      const strings = stringsOf(file);
      for (let from = 0; from < strings.length; from += 250) {
        const parsed = strings
          .slice(from, from + 250)
          .map((text) => parseQuery(text, (name) => name === "type"));
        const texts = parsed.map(textsToStem);
        const all = texts.flat();
        const stemmed = decodeLexemes(
          await rowsOf(database.db, textLexemes(all, [bookSource], stemming)),
          all.length,
        );
        let start = 0;
        const queries = parsed.flatMap((one, index) => {
          const own = stemmed.slice(start, start + (texts[index]?.length ?? 0));
          start += own.length;
          const { all, highlights, any } = composeTerms(one, own);
          const { excluded, identifiers } = all;
          return [
            ...Object.values(all.queries),
            ...Object.values(any().queries),
            ...Object.values(excluded?.queries ?? {}),
            ...Object.values(highlights),
            identifiers,
            excluded?.identifiers ?? null,
          ].filter((query) => query !== null);
        });
        const [row] = await rowsOf(
          database.db,
          sql`select count(query::tsquery)::int as read from jsonb_array_elements_text(${JSON.stringify(queries)}::jsonb) as query`,
        );
        expect(Number(row?.read)).toBe(queries.length);
      }
    },
  );

  test.each(files)(
    "%s: some strings as query, prefix, phrase and value",
    { timeout: 120_000 },
    async (file) => {
      const search = searchOf();
      const strings = stringsOf(file);
      for (const text of everyNth(strings, Math.ceil(strings.length / 25))) {
        for (const query of [
          text,
          `${text}*`,
          `"${text}" or ${text}`,
          `walrus genre:"${text}"`,
          `walrus year:${text}`,
        ]) {
          const { results, total } = await search.search({ query, ownerId: "acme" });
          expect(results.length).toBe(total);
        }
        await search.getSuggestions({ prefix: text, ownerId: "acme" });
      }
    },
  );

  test.each(files)(
    "%s: as texts of rows, every string is shown as text",
    { timeout: 120_000 },
    async (file) => {
      const strings = stringsOf(file);
      const search = searchOf();
      // A search ranks 2,000 rows of a source, so no owner has more.
      const tenantOf = (at: number) => `${file} ${Math.floor(at / 1_500)}`;
      for (let from = 0; from < strings.length; from += 500) {
        const rows = strings.slice(from, from + 500).map((text) => ({
          tenant: tenantOf(from),
          title: "row",
          blurb: `walrus ${storable(text).slice(0, 180)}`,
        }));
        await addBooks(database.db, rows);
      }
      let seen = 0;
      for (let offset = 0; offset < Math.min(strings.length, 5_000); offset += 100) {
        const { results } = await search.search({
          query: "walrus or script",
          ownerId: tenantOf(offset),
          limit: 100,
          offset: offset % 1_500,
        });
        for (const { snippet } of results) {
          seen += 1;
          expect(segmentsToHtml(snippet).replaceAll(/<\/?mark>/g, "")).not.toMatch(/[<>"']/);
        }
      }
      expect(seen).toBe(Math.min(strings.length, 5_000));
    },
  );
});
