import {
  bigint,
  boolean,
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

/** Words of each owner's rows as people wrote them, with the number of rows. */
export const searchVocabulary = devora.table(
  "search_vocabulary",
  {
    ownerId: text("owner_id").notNull(),
    source: text("source").notNull(),
    language: text("language").notNull(),
    word: text("word").notNull(),
    documents: integer("documents").notNull(),
  },
  (t) => [
    primaryKey({ name: "search_vocabulary_pkey", columns: [t.ownerId, t.source, t.language, t.word] }),
    index("search_vocabulary_word_trgm_idx").using("gin", t.ownerId, t.word.op("gin_trgm_ops")),
  ],
);

/** Changes of {@link searchVocabulary} that a worker has not folded yet. */
export const searchVocabularyDeltas = devora.table("search_vocabulary_deltas", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  ownerId: text("owner_id").notNull(),
  source: text("source").notNull(),
  language: text("language").notNull(),
  word: text("word").notNull(),
  delta: integer("delta").notNull(),
});

/** Document frequency of lexemes over all owners: weights only, never shown. */
export const searchStatistics = devora.table(
  "search_statistics",
  {
    source: text("source").notNull(),
    language: text("language").notNull(),
    lexeme: text("lexeme").notNull(),
    documents: bigint("documents", { mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ name: "search_statistics_pkey", columns: [t.source, t.language, t.lexeme] })],
);

/** Changes of {@link searchStatistics} that a worker has not folded yet. */
export const searchStatisticsDeltas = devora.table("search_statistics_deltas", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  source: text("source").notNull(),
  language: text("language").notNull(),
  lexeme: text("lexeme").notNull(),
  delta: bigint("delta", { mode: "number" }).notNull(),
});

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
