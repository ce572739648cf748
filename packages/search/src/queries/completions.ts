import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

export interface Completion {
  readonly kind: "word" | "query";
  readonly text: string;
}

export interface CompletionParameters {
  readonly prefix: string;
  /** The word that is being typed; empty where there is none. */
  readonly lastWord: string;
  readonly sources: readonly string[];
  readonly limit: number;
}

/** Own past queries and visible words that complete a prefix, the most frequent of each kind first. */
export const completionsQuery = ({ prefix, lastWord, sources, limit }: CompletionParameters): SQL => sql`
  select kind, completion as text
  from devora.search_completions_v1(${prefix}::text, ${lastWord}::text, ${sql.param(sources)}::text[], ${limit}::int)
  order by kind, weight desc, completion`;

export const decodeCompletions = (rows: readonly Row[]): Completion[] =>
  rows.map(({ kind, text }) => ({ kind: kind === "query" ? "query" : "word", text: String(text) }));
