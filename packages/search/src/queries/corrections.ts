import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** A word of the vocabulary that resembles a typed one, or is it. */
export interface Candidate {
  readonly typed: string;
  readonly word: string;
  /** How many rows have it, as far as the caller may know. */
  readonly documents: number;
}

/** Words that the caller may see, for each of the given ones in lower case. */
export const correctionsQuery = (words: readonly string[], sources: readonly string[]): SQL => sql`
  select typed, word, documents::int
  from devora.search_corrections_v1(${sql.param(words)}::text[], ${sql.param(sources)}::text[])`;

export const decodeCandidates = (rows: readonly Row[]): Candidate[] =>
  rows.map(({ typed, word, documents }) => ({
    typed: String(typed),
    word: String(word),
    documents: Number(documents),
  }));
