import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import type { Term } from "../terms.ts";
import { wordPattern } from "../word-pattern.ts";
import { anyLanguage, languageOf } from "./scope.ts";

/** A term and how much it counts; weights of a query sum to 1. */
export interface WeightedTerm extends Term {
  readonly weight: number;
}

/**
 * The terms as rows of one statement: (ordinal, word, the queries, weight, pattern). The limit tells the planner how
 * many they are: it would guess 100, and compile (JIT) a statement that seems so costly.
 */
export const termRows = (terms: readonly (Term & { readonly weight?: number })[]): SQL =>
  sql`select * from jsonb_to_recordset(${JSON.stringify(
    terms.map(({ text, queries, identifiers, weight }, ordinal) => ({
      ordinal,
      word: text.toLowerCase(),
      ...queries,
      every: anyLanguage(queries),
      identifiers,
      weight: weight ?? 1,
      pattern: wordPattern(text),
    })),
  )}::jsonb) as t(
    ordinal int, word text, fr tsquery, en tsquery, simple tsquery, every tsquery, identifiers tsquery,
    weight float8, pattern text
  ) limit ${terms.length}::int`;

/** The term's query in the language of a row; constant where the source has one language. */
export function termQuery({ language }: Source, rowLanguage: SQL): SQL {
  if (typeof language === "string") return sql`t.${sql.identifier(language)}`;
  return sql`case ${rowLanguage} when 'fr' then t.fr when 'en' then t.en else t.simple end`;
}

/** Rows with the term `t`; by the term in every language first, because that is what an index can answer. */
export function termCondition(source: Source): SQL {
  const { vector, language, identifierVector } = source;
  const own = sql`${vector} @@ ${termQuery(source, languageOf(source))}`;
  const inVector = typeof language === "string" ? own : sql`(${vector} @@ t.every and ${own})`;
  return identifierVector ? sql`(${inVector} or ${identifierVector} @@ t.identifiers)` : inVector;
}
