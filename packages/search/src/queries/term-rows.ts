import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import { languagesOf, ofSource, type Term } from "../terms.ts";
import { wordPattern } from "../word-pattern.ts";
import type { Input } from "./input.ts";
import { anyLanguage, caseOfLanguage, languageOf, type MatchedFields } from "./scope.ts";

/** A term and how much it counts; weights of a query sum to 1. */
export interface WeightedTerm extends Term {
  readonly weight: number;
}

/** What a statement is told of a term. */
type TermRow = Term & { readonly weight?: number; readonly ordinal?: number };

/** The terms for one source as JSON, for {@link termRowsOf}. */
export const termsJson = (source: Source, terms: readonly TermRow[]): string =>
  JSON.stringify(
    terms.map(({ texts, queries, identifiers, grouped, weight, ordinal }, index) => {
      const own = ofSource(queries, source);
      return {
        ordinal: ordinal ?? index,
        words: texts.map(({ text }) => text.toLowerCase()),
        ...Object.fromEntries(Object.entries(own).map(([language, query]) => [columnOf(language), query])),
        every: anyLanguage(own),
        identifiers,
        grouped,
        weight: weight ?? 1,
      };
    }),
  );

const columnOf = (language: string): string => `query_${language}`;

/**
 * The terms of a request as rows: (ordinal, words, the queries, grouped, weight). The limit tells the planner
 * how many they are: it would guess 100, and compile (JIT) a statement that seems so costly.
 */
export function termRowsOf(source: Source, input: Input): SQL {
  const queries = languagesOf(source).map((language) => sql`${sql.identifier(columnOf(language))} tsquery`);
  return sql`
    select * from jsonb_to_recordset(${input.value("terms", "jsonb")}) as t(
      ordinal int, words text[], ${sql.join(queries, sql`, `)}, every tsquery, identifiers tsquery, grouped boolean,
      weight float8
    ) limit ${input.value("termCount", "int")}`;
}

/** Where the terms of a page stand in its texts, as JSON, for {@link patternRows}. */
export const patternsJson = (terms: readonly WeightedTerm[]): string =>
  JSON.stringify(
    terms.map(({ texts, weight }, ordinal) => ({
      ordinal,
      weight,
      pattern: patternOf(texts.map(({ text }) => wordPattern(text))),
    })),
  );

/** They as rows: (ordinal, weight, pattern). */
export const patternRows = (input: Input): SQL => sql`
  select * from jsonb_to_recordset(${input.value("patterns", "jsonb")}) as t(ordinal int, weight float8, pattern text)
  limit ${input.value("patternCount", "int")}`;

const patternOf = (patterns: readonly string[]): string => {
  const given = patterns.filter((pattern) => pattern !== "");
  return given.length > 1 ? `(?:${given.join("|")})` : given.join("");
};

/** The term's query in the language of a row; constant where the source has one language. */
export function termQuery(source: Pick<MatchedFields, "language" | "languages">, rowLanguage: SQL): SQL {
  const column = (language: string) => sql`t.${sql.identifier(columnOf(language))}`;
  return typeof source.language === "string"
    ? column(source.language)
    : caseOfLanguage(source, rowLanguage, column);
}

/** Rows with the term `t`; by the term in every language first, because that is what an index can answer. */
export function termCondition(source: MatchedFields): SQL {
  const { vector, language, identifierVector } = source;
  const own = sql`${vector} @@ ${termQuery(source, languageOf(source))}`;
  const inVector = typeof language === "string" ? own : sql`(${vector} @@ t.every and ${own})`;
  return identifierVector ? sql`(${inVector} or ${identifierVector} @@ t.identifiers)` : inVector;
}
