import { existsSync, readFileSync } from "node:fs";
import { type Database, searchVector } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { pgTable, text } from "drizzle-orm/pg-core";
import { beforeAll, describe, expect, test } from "vitest";
import { createSearch, defineSource } from "../../src/index.ts";

/** Test collections, kept beside the project; each states its source and licence. */
const data = new URL("../../../../../shared/data/", import.meta.url);
const lines = (path: string) => readFileSync(new URL(path, data), "utf8").trim().split("\n");

const articles = pgTable("articles", {
  id: text("id").primaryKey(),
  collection: text("collection").notNull(),
  language: text("language").notNull(),
  title: text("title").notNull(),
  body: text("body").notNull(),
  search: searchVector("search", { language: sql`language`, title: sql`title`, body: sql`body` }),
});
const source = defineSource({
  name: "articles",
  table: articles,
  id: articles.id,
  title: articles.title,
  body: articles.body,
  vector: articles.search,
  language: articles.language,
  owner: articles.collection,
});

async function load(db: Database, collection: string, language: string): Promise<void> {
  const rows = lines(`${collection}/corpus.jsonl`).map((line) => JSON.parse(line));
  for (let from = 0; from < rows.length; from += 200) {
    const part = rows
      .slice(from, from + 200)
      .map(({ id, title, text }) => ({ id: `${collection}/${id}`, collection, language, title, body: text }));
    await db.insert(articles).values(part);
  }
}

/** Mean nDCG@10 with linear gain over every n-th judged query. */
async function meanNdcg(db: Database, collection: string, everyNth: number): Promise<number> {
  const grades = new Map<string, Map<string, number>>();
  for (const line of lines(`${collection}/qrels.tsv`).slice(1)) {
    const [query = "", document = "", grade] = line.split("\t");
    if (!grades.has(query)) grades.set(query, new Map());
    grades.get(query)?.set(`${collection}/${document}`, Number(grade));
  }
  const search = createSearch({ db, sources: [source], role: null });
  const values: number[] = [];
  let index = 0;
  for (const { id, text } of lines(`${collection}/queries.jsonl`).map((line) => JSON.parse(line))) {
    const relevant = grades.get(id);
    if (!relevant || index++ % everyNth !== 0) continue;
    const { results } = await search.search({ query: text, ownerId: collection, limit: 10 });
    const gain = (grade: number, rank: number) => grade / Math.log2(rank + 2);
    const ideal = [...relevant.values()].sort((a, b) => b - a).slice(0, 10);
    const found = results.map((result) => relevant.get(result.id) ?? 0);
    const sum = (list: number[]) => list.reduce((total, grade, rank) => total + gain(grade, rank), 0);
    values.push(sum(found) / sum(ideal));
  }
  return values.reduce((total, value) => total + value, 0) / values.length;
}

describe.skipIf(!existsSync(data))("natural-language questions", () => {
  const database = useTestDatabase();
  beforeAll(async () => {
    const { db } = database;
    await db.execute(sql`
      create table articles (
        id text primary key, collection text not null, language text not null, title text not null, body text not null,
        search tsvector not null generated always as (devora.search_vector(language, title, body)) stored
      )`);
    await load(db, "cranfield", "en");
    await load(db, "fr-cnil-faq", "fr");
    await db.execute(sql`create index on articles using gin (collection, search)`);
    await db.execute(sql`analyze articles`);
  });

  // Of these: .414 and .713. Of all queries: .379 and .702, where BM25 scores .359 and .587, and websearch_to_tsquery
  // with ts_rank_cd .020 and .084.
  test.each([
    ["cranfield", 5, 0.39],
    ["fr-cnil-faq", 3, 0.68],
  ] as const)(
    "%s, each %i-th of them, nDCG@10 of at least %f",
    { timeout: 60_000 },
    async (collection, nth, floor) => {
      expect(await meanNdcg(database.db, collection, nth)).toBeGreaterThanOrEqual(floor);
    },
  );
});
