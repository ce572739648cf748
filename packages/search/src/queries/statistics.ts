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
 * How many rows of each source have some lexemes, and how many the owner has in all: (source, language, lexeme,
 * documents). Rare lexemes are left out.
 * @param lexemes a select of them
 * @param of `names` of the sources as a JSON list; `owner` null: the call is about all rows
 */
export const statisticsQuery = (
  lexemes: SQL,
  { names, owner }: { readonly names: SQL; readonly owner: SQL },
): SQL => sql`
  select f.source, f.language, f.lexeme, f.documents::float8 as documents
  from devora.search_frequencies_v1(
    array(select jsonb_array_elements_text(${names})), array(select '' union all ${lexemes})) as f
  union all
  select c.source, null, null, c.documents::float8
  from devora.search_collection_v1(array(select jsonb_array_elements_text(${names})), ${owner}) as c
  where ${owner} is not null`;

/** Of the answer of `lexemesQuery`. */
export function decodeStatistics(
  answer: readonly Row[],
  sources: readonly Source[],
  terms: readonly Term[],
  ownerId: string | undefined,
): Statistics | undefined {
  const rows = answer.filter(({ source }) => source !== null);
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
  const inScope =
    ownerId === undefined
      ? all
      : sources.reduce((sum, { name }) => sum + (documents.get(key(name, null, null)) ?? 0), 0);
  // Nothing was asked for, nothing is counted yet, or nobody counts.
  if (inScope === 0) return undefined;
  return {
    rows: inScope,
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
