import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import { languageKey, languagesOf, type Term } from "../terms.ts";
import { wordPattern } from "../word-pattern.ts";
import { anyLanguage, languageOf } from "./scope.ts";

/** A term and how much it counts; weights of a query sum to 1. */
export interface WeightedTerm extends Term {
  readonly weight: number;
}

/**
 * The terms as rows of one statement: (ordinal, words, the queries, grouped, weight, pattern). The limit tells the
 * planner how many they are: it would guess 100, and compile (JIT) a statement that seems so costly.
 */
export function termRows(terms: readonly (Term & { readonly weight?: number })[]): SQL {
  const keys = [...new Set(["simple", ...terms.flatMap(({ queries }) => Object.keys(queries))])];
  const rows = terms.map(({ texts, queries, identifiers, grouped, weight }, ordinal) => ({
    ordinal,
    words: texts.map(({ text }) => text.toLowerCase()),
    ...queries,
    every: anyLanguage(queries),
    identifiers,
    grouped,
    weight: weight ?? 1,
    pattern: patternOf(texts.map(({ text }) => wordPattern(text))),
  }));
  const columns = keys.map((key) => sql`${sql.identifier(key)} tsquery`);
  return sql`select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as t(
    ordinal int, words text[], ${sql.join(columns, sql`, `)}, every tsquery, identifiers tsquery, grouped boolean,
    weight float8, pattern text
  ) limit ${terms.length}::int`;
}

const patternOf = (patterns: readonly string[]): string => {
  const given = patterns.filter((pattern) => pattern !== "");
  return given.length > 1 ? `(?:${given.join("|")})` : given.join("");
};

/** The term's query in the language of a row; constant where the source has one language. */
export function termQuery(source: Source, keys: ReadonlySet<string>, rowLanguage: SQL): SQL {
  const column = (language: string) => {
    const own = languageKey(language, source.name);
    return sql`t.${sql.identifier(keys.has(own) ? own : keys.has(language) ? language : "simple")}`;
  };
  if (typeof source.language === "string") return column(source.language);
  const cases = languagesOf(source)
    .filter((language) => language !== "simple")
    .map((language) => sql`when ${language}::text then ${column(language)}`);
  return sql`case ${rowLanguage} ${sql.join(cases, sql` `)} else ${column("simple")} end`;
}

/** Where the terms have queries: languages, and languages of a source. */
export const keysOf = (terms: readonly Term[]): ReadonlySet<string> =>
  new Set(terms.flatMap(({ queries }) => Object.keys(queries)));

/** Rows with the term `t`; by the term in every language first, because that is what an index can answer. */
export function termCondition(source: Source, keys: ReadonlySet<string>): SQL {
  const { vector, language, identifierVector } = source;
  const own = sql`${vector} @@ ${termQuery(source, keys, languageOf(source))}`;
  const inVector = typeof language === "string" ? own : sql`(${vector} @@ t.every and ${own})`;
  return identifierVector ? sql`(${inVector} or ${identifierVector} @@ t.identifiers)` : inVector;
}
