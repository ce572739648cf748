import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import { languagesOf, ofSource, type Term } from "../terms.ts";

/** What is known of a query's terms without counting: shares of all rows, and the rows that the caller may find. */
export interface Statistics {
  /** The caller's rows in the sources. */
  readonly rows: number;
  /** 0..1 for each term; 0 for a rare one, undefined for one that is not a single lexeme. */
  readonly shares: readonly (number | undefined)[];
}

/**
 * How many rows of each source have the terms' lexemes, and how many the owner has in all; rare lexemes are left out.
 * @param ownerId undefined: the call is about all rows
 */
export function statisticsQuery(
  sources: readonly Source[],
  terms: readonly Term[],
  ownerId: string | undefined,
): SQL {
  const names = sql`${sql.param(sources.map(({ name }) => name))}::text[]`;
  const lexemes = sources.flatMap((source) =>
    terms.flatMap(({ queries }) => Object.values(ofSource(queries, source)).flatMap(lexemeOf)),
  );
  const frequencies = sql`
    select source, language, lexeme, documents::float8 as documents
    from devora.search_frequencies_v1(${names}, ${sql.param(["", ...new Set(lexemes)])}::text[])`;
  const collection = sql`
    select source, null, null, documents::float8 from devora.search_collection_v1(${names}, ${ownerId ?? null}::text)`;
  return ownerId === undefined ? frequencies : sql`${frequencies} union all ${collection}`;
}

export function decodeStatistics(
  rows: readonly Row[],
  sources: readonly Source[],
  terms: readonly Term[],
  ownerId: string | undefined,
): Statistics {
  const key = (source: unknown, language: unknown, lexeme: unknown) => `${source} ${language} ${lexeme}`;
  const documents = new Map(
    rows.map((row) => [key(row.source, row.language, row.lexeme), Number(row.documents)]),
  );
  const sumOf = (lexeme: (source: Source, language: string) => string | undefined) =>
    sources
      .flatMap((source) => languagesOf(source).map((language) => ({ source, language })))
      .map(({ source, language }) => documents.get(key(source.name, language, lexeme(source, language))) ?? 0)
      .reduce((sum, count) => sum + count, 0);
  const all = sumOf(() => "");
  return {
    rows:
      ownerId === undefined
        ? all
        : sources.reduce((sum, { name }) => sum + (documents.get(key(name, null, null)) ?? 0), 0),
    shares: terms.map(({ queries, phrase }) => {
      const lexeme = (source: Source, language: string) =>
        lexemeOf(ofSource(queries, source)[language] ?? null)[0];
      const isSingle = sources.every((source) =>
        Object.values(ofSource(queries, source)).every(
          (query) => query === null || lexemeOf(query).length > 0,
        ),
      );
      return phrase || !isSingle || all === 0 ? undefined : sumOf(lexeme) / all;
    }),
  };
}

/** The lexeme of a tsquery that is just one; none of any other. */
function lexemeOf(query: string | null): string[] {
  const [, quoted] = query?.match(/^\(?'((?:[^'\\]|'')+)'\)?$/) ?? [];
  return quoted === undefined ? [] : [quoted.replaceAll("''", "'")];
}
