import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  primaryKey,
  real,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { newId } from "../ids.ts";
import { devora } from "./core.ts";

/** Log of searches; `query` is null where only its hash may be kept. */
export const searchQueries = devora.table(
  "search_queries",
  {
    id: uuid("id").primaryKey().$defaultFn(newId),
    ownerId: text("owner_id"),
    query: text("query"),
    queryHash: text("query_hash").notNull(),
    sources: text("sources").array().notNull(),
    resultCount: integer("result_count").notNull(),
    relaxed: boolean("relaxed").notNull().default(false),
    durationMs: real("duration_ms").notNull(),
    occurredAt: timestamp("occurred_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    index("search_queries_occurred_at_idx").on(t.occurredAt),
    index("search_queries_owner_id_occurred_at_idx").on(t.ownerId, t.occurredAt.desc().nullsFirst()),
  ],
);

/** Words of each owner's rows as people wrote them, with the number of rows. Owner '': rows without owners. */
export const searchVocabulary = devora.table(
  "search_vocabulary",
  {
    ownerId: text("owner_id").notNull(),
    source: text("source").notNull(),
    language: text("language").notNull(),
    word: text("word").notNull(),
    documents: integer("documents").notNull(),
    folded: text("folded").notNull().generatedAlwaysAs(sql`devora.fold_word(word)`),
  },
  (t) => [
    primaryKey({ name: "search_vocabulary_pkey", columns: [t.ownerId, t.source, t.word, t.language] }),
    index("search_vocabulary_owner_id_reverse_idx").on(t.ownerId, sql`reverse(${t.folded}) text_pattern_ops`),
    index("search_vocabulary_owner_id_folded_idx").on(t.ownerId, t.folded.op("text_pattern_ops")),
    check("search_vocabulary_documents_check", sql`${t.documents} > 0`),
  ],
);

/** Words of all owners together. One that fewer than 5 owners use reaches none of the others. */
export const searchWords = devora.table(
  "search_words",
  {
    source: text("source").notNull(),
    word: text("word").notNull(),
    owners: integer("owners").notNull(),
    documents: bigint("documents", { mode: "number" }).notNull(),
    folded: text("folded").notNull().generatedAlwaysAs(sql`devora.fold_word(word)`),
  },
  (t) => [
    primaryKey({ name: "search_words_pkey", columns: [t.source, t.word] }),
    index("search_words_reverse_idx").on(sql`reverse(${t.folded}) text_pattern_ops`),
    index("search_words_folded_idx").on(t.folded.op("text_pattern_ops")),
    check("search_words_counts_check", sql`${t.owners} > 0 and ${t.documents} > 0`),
  ],
);

/** Rows that came or went, with their words; what a worker has not folded yet. */
export const searchVocabularyDeltas = devora.table(
  "search_vocabulary_deltas",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    ownerId: text("owner_id").notNull(),
    source: text("source").notNull(),
    language: text("language").notNull(),
    words: text("words").array().notNull(),
    delta: integer("delta").notNull(),
  },
  (t) => [check("search_vocabulary_deltas_delta_check", sql`${t.delta} in (-1, 1)`)],
);

/** How many rows of a source each owner has. */
export const searchCollections = devora.table(
  "search_collections",
  {
    source: text("source").notNull(),
    ownerId: text("owner_id").notNull(),
    documents: bigint("documents", { mode: "number" }).notNull(),
  },
  (t) => [
    primaryKey({ name: "search_collections_pkey", columns: [t.source, t.ownerId] }),
    check("search_collections_documents_check", sql`${t.documents} > 0`),
  ],
);

/** Document frequency of lexemes over all owners: weights only, never shown. Lexeme '' counts all rows. */
export const searchStatistics = devora.table(
  "search_statistics",
  {
    source: text("source").notNull(),
    language: text("language").notNull(),
    lexeme: text("lexeme").notNull(),
    documents: bigint("documents", { mode: "number" }).notNull(),
  },
  (t) => [
    primaryKey({ name: "search_statistics_pkey", columns: [t.source, t.lexeme, t.language] }),
    check("search_statistics_documents_check", sql`${t.documents} > 0`),
  ],
);

/** Rows that came or went, with their lexemes; what a worker has not folded yet. */
export const searchStatisticsDeltas = devora.table(
  "search_statistics_deltas",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    source: text("source").notNull(),
    language: text("language").notNull(),
    lexemes: text("lexemes").array().notNull(),
    delta: integer("delta").notNull(),
  },
  (t) => [check("search_statistics_deltas_delta_check", sql`${t.delta} in (-1, 1)`)],
);

/** Words that a query for `word` finds as well. */
export const searchSynonyms = devora.table(
  "search_synonyms",
  {
    source: text("source").notNull(),
    language: text("language").notNull(),
    word: text("word").notNull(),
    synonyms: text("synonyms").array().notNull(),
  },
  (t) => [primaryKey({ name: "search_synonyms_pkey", columns: [t.source, t.language, t.word] })],
);

/**
 * View: statements that take more than 100 ms on average, by `pg_stat_statements` where it is at work
 * (`devora_service` reads their text as a member of `pg_read_all_stats`), otherwise the slow ones of {@link searchQueries}.
 * For `devora_service` alone.
 */
export const slowQueries = devora
  .view("slow_queries", {
    origin: text("origin", { enum: ["pg_stat_statements", "search_queries"] }).notNull(),
    /** Null where the log keeps hashes alone. */
    query: text("query"),
    calls: bigint("calls", { mode: "number" }).notNull(),
    totalMs: doublePrecision("total_ms").notNull(),
    meanMs: doublePrecision("mean_ms").notNull(),
    maxMs: doublePrecision("max_ms").notNull(),
  })
  .existing();
