import { type SQL, sql } from "drizzle-orm";

/** An entry of `devora.search_queries`, named as its columns. */
export interface LogEntry {
  readonly id: string;
  readonly owner_id: string | null;
  readonly query: string | null;
  readonly query_hash: string;
  readonly sources: readonly string[];
  readonly result_count: number;
  readonly relaxed: boolean;
  readonly duration_ms: number;
  readonly occurred_at: string;
}

/** Appends entries; one with an id that is there already is left alone. */
export const logQuery = (entries: readonly LogEntry[]): SQL =>
  sql`select devora.log_search_queries(${JSON.stringify(entries)}::jsonb)`;
