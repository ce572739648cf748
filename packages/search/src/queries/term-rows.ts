import { type SQL, sql } from "drizzle-orm";
import type { Term } from "../terms.ts";
import { wordPattern } from "../word-pattern.ts";
import { boundInput, type Input } from "./input.ts";
import { anyLanguage, languageOf, type MatchedFields } from "./scope.ts";

/** A term and how much it counts; weights of a query sum to 1. */
export interface WeightedTerm extends Term {
  readonly weight: number;
}

/** What a statement is told of a term. */
type TermRow = Term & { readonly weight?: number; readonly counted?: boolean };

/** The terms as JSON, for {@link termRowsOf}. */
export const termsJson = (terms: readonly TermRow[]): string =>
  JSON.stringify(
    terms.map(({ text, queries, identifiers, weight, counted }, ordinal) => ({
      ordinal,
      word: text.toLowerCase(),
      ...queries,
      every: anyLanguage(queries),
      identifiers,
      weight: weight ?? 1,
      counted: counted ?? true,
      pattern: wordPattern(text),
    })),
  );

/**
 * The terms of a request as rows: (ordinal, word, the queries, weight, counted, pattern). The limit tells the planner how many
 * they are: it would guess 100, and compile (JIT) a statement that seems so costly.
 */
export const termRowsOf = (input: Input): SQL => sql`
  select * from jsonb_to_recordset(${input.value("terms", "jsonb")}) as t(
    ordinal int, word text, fr tsquery, en tsquery, simple tsquery, every tsquery, identifiers tsquery,
    weight float8, counted boolean, pattern text
  ) limit ${input.value("termCount", "int")}`;

/** The same of terms at hand. */
export const termRows = (terms: readonly WeightedTerm[]): SQL =>
  termRowsOf(boundInput({ terms: termsJson(terms), termCount: String(terms.length) }));

/** The term's query in the language of a row; constant where the source has one language. */
export function termQuery({ language }: Pick<MatchedFields, "language">, rowLanguage: SQL): SQL {
  if (typeof language === "string") return sql`t.${sql.identifier(language)}`;
  return sql`case ${rowLanguage} when 'fr' then t.fr when 'en' then t.en else t.simple end`;
}

/** Rows with the term `t`; by the term in every language first, because that is what an index can answer. */
export function termCondition(source: MatchedFields): SQL {
  const { vector, language, identifierVector } = source;
  const own = sql`${vector} @@ ${termQuery(source, languageOf(source))}`;
  const inVector = typeof language === "string" ? own : sql`(${vector} @@ t.every and ${own})`;
  return identifierVector ? sql`(${inVector} or ${identifierVector} @@ t.identifiers)` : inVector;
}
