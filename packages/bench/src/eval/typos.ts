import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rlsFor, rowsOf, searchVector, withService, withUser } from "@devora/db-schema";
import { createSearch, defineSource, searchStatisticsFor } from "@devora/search";
import { sql } from "drizzle-orm";
import { pgTable, text } from "drizzle-orm/pg-core";
import { InputError } from "./input-error.ts";
import { openScratchDatabase } from "./scratch-database.ts";

/** Test collections, kept beside the project; each states its source and licence. */
const data = new URL("../../../../../shared/data/", import.meta.url);

function lines(path: string): string[] {
  const file = fileURLToPath(new URL(path, data));
  if (!existsSync(file)) throw new InputError(`no file ${file}. Put the test collections there.`);
  return readFileSync(file, "utf8").trim().split("\n");
}

const languages = {
  en: { corpus: "cranfield", pairs: "typos/en-core.tsv", kinds: undefined },
  fr: { corpus: "fr-cnil-faq", pairs: "typos/fr-common.tsv", kinds: ["accent-only", "spelling"] },
} as const;
type Language = keyof typeof languages;

/** A misspelling and what it should have been. */
interface Pair {
  readonly typed: string;
  readonly corrections: readonly string[];
  readonly kind: string;
}

type Miss = "nothing suggested" | "another word of the vocabulary";

export interface TypoReport {
  language: Language;
  pairs: number;
  correct: number;
  accuracy: number;
  /** Of each half of the pairs, by turns: figures of one that was tuned on are higher than those of the other. */
  halves: [number, number];
  byKind: Record<string, { pairs: number; correct: number }>;
  misses: Record<Miss, number>;
  missed: string[];
  milliseconds: { p50: number; p95: number };
}

const articles = pgTable("articles", {
  id: text("id").primaryKey(),
  owner: text("owner").notNull(),
  title: text("title").notNull(),
  body: text("body").notNull(),
  language: text("language").notNull(),
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
  owner: articles.owner,
});
const owner = "reader";

/**
 * How many misspellings the vocabulary of a small corpus corrects at the first try: those whose correction occurs in
 * it and which do not occur themselves.
 */
export async function evaluateTypos(language: Language): Promise<TypoReport> {
  const { corpus, pairs: file, kinds } = languages[language];
  await using database = await openScratchDatabase();
  const { db } = database;
  await db.execute(sql`
    create table articles (
      id text primary key, owner text not null, title text not null, body text not null, language text not null,
      search tsvector not null generated always as (devora.search_vector(language, title, body)) stored
    )`);
  for (const statement of rlsFor(articles, { owner: articles.owner })) await db.execute(statement);
  for (const statement of searchStatisticsFor(source)) await db.execute(statement);
  const search = createSearch({ db, sources: [source] });
  const rows = lines(`${corpus}/corpus.jsonl`).map((line) => JSON.parse(line));
  for (let from = 0; from < rows.length; from += 200) {
    const part = rows
      .slice(from, from + 200)
      .map(({ id, title, text: body }) => ({ id: String(id), owner, title, body, language }));
    await withUser(db, owner, (tx) => tx.insert(articles).values(part));
  }
  await search.refreshStatistics();
  const known = await withService(db, (tx) => rowsOf(tx, sql`select word from devora.search_vocabulary`));
  const vocabulary = new Set(known.map(({ word }) => String(word)));
  await db.execute(sql`analyze`);
  const pairs = lines(file)
    .slice(1)
    .map(toPair)
    .filter(({ kind }) => kinds === undefined || (kinds as readonly string[]).includes(kind))
    .filter(
      ({ typed, corrections }) => !vocabulary.has(typed) && corrections.some((word) => vocabulary.has(word)),
    );

  const report: TypoReport = {
    language,
    pairs: pairs.length,
    correct: 0,
    accuracy: 0,
    halves: [0, 0],
    byKind: {},
    misses: { "nothing suggested": 0, "another word of the vocabulary": 0 },
    missed: [],
    milliseconds: { p50: 0, p95: 0 },
  };
  const times: number[] = [];
  const halves = [0, 0];
  for (const [index, { typed, corrections, kind }] of pairs.entries()) {
    const start = performance.now();
    const { correction } = await search.didYouMean({ query: typed, ownerId: owner });
    times.push(performance.now() - start);
    const counts = report.byKind[kind] ?? { pairs: 0, correct: 0 };
    report.byKind[kind] = counts;
    counts.pairs += 1;
    if (correction !== undefined && corrections.includes(correction)) {
      counts.correct += 1;
      report.correct += 1;
      halves[index % 2] = (halves[index % 2] ?? 0) + 1;
      continue;
    }
    report.misses[correction === undefined ? "nothing suggested" : "another word of the vocabulary"] += 1;
    report.missed.push(`${typed} -> ${correction ?? "nothing"}, not ${corrections.join(" or ")}`);
  }
  times.sort((a, b) => a - b);
  report.accuracy = report.correct / pairs.length;
  report.halves = [
    (halves[0] ?? 0) / Math.ceil(pairs.length / 2),
    (halves[1] ?? 0) / Math.floor(pairs.length / 2),
  ];
  report.milliseconds = { p50: percentile(times, 0.5), p95: percentile(times, 0.95) };
  return report;
}

function toPair(line: string): Pair {
  const [typed = "", corrections = "", origin = "", , kind = origin] = line.split("\t");
  return { typed: typed.toLowerCase(), corrections: corrections.toLowerCase().split("|"), kind };
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

function format({
  language,
  pairs,
  correct,
  accuracy,
  halves,
  byKind,
  misses,
  milliseconds,
}: TypoReport): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    `${language}: ${correct} of ${pairs} corrected at the first try, ${percent(accuracy)} (halves ${halves.map(percent).join(" and ")})`,
    ...Object.entries(byKind).map(([kind, counts]) => `  ${kind}: ${counts.correct} of ${counts.pairs}`),
    ...Object.entries(misses).map(([kind, count]) => `  missed, ${kind}: ${count}`),
    `  p50 ${milliseconds.p50.toFixed(1)} ms, p95 ${milliseconds.p95.toFixed(1)} ms`,
  ].join("\n");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: { lang: { type: "string", default: "en" }, json: { type: "boolean", default: false } },
  });
  if (values.lang !== "en" && values.lang !== "fr")
    throw new InputError(`--lang must be en or fr; received ${values.lang}.`);
  const report = await evaluateTypos(values.lang);
  process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : format(report)}\n`);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`eval:typos: ${error.message}\n`);
    process.exitCode = 2;
  }
}
