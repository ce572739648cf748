import { type Row, textConfig } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import { otherSpelling } from "../spelling.ts";
import { languageKey, type StemmedText, type TextToStem, textLanguages } from "../terms.ts";
import { boundInput, type Input } from "./input.ts";
import { kernelCall } from "./kernel-call.ts";
import { statisticsQuery } from "./statistics.ts";

/**
 * Turns texts into tsqueries in each language, in the order given. The server quotes the lexemes.
 *
 * - A word with punctuation within (`boundary-layer`, `www.example.com`) is one token of its own kind to PostgreSQL; it
 *   is looked for both so and by its parts, and one with a hyphen also without it.
 * - The start of a word is looked for as it is typed, because stems are shorter than words; and as a word.
 * - Synonyms are the source's own, for rows of their language: one more answer for that source and language.
 *
 * `plainto_tsquery` sees no text of stop words alone, because it would answer with a NOTICE, which drivers print.
 */
export const lexemesQuery = ({ texts, names, languages, statistics }: LexemesInput): SQL => sql`
  with texts as materialized (
    select * from jsonb_to_recordset(${texts})
      as t(ordinal int, text text, parts text, spelling text, kind text, synonyms_of text)
  ),
  languages as materialized (${languages}),
  synonyms as materialized (
    select s.source, s.language, s.word, s.synonym
    from devora.synonyms_of(
      array(select jsonb_array_elements_text(${names})),
      array(select synonyms_of from texts where synonyms_of is not null)
    ) as s
  ),
  alternatives as (
    select t.ordinal, false as synonym, l.key, l.config, l.source, t.text, t.parts, t.spelling, t.kind
    from texts as t cross join languages as l
    union all
    select t.ordinal, true, s.language || '@' || s.source, l.config, l.source, translate(s.synonym, '/', ' '),
           regexp_replace(s.synonym, '[^[:alnum:]]+', ' ', 'g'), null, 'phrase'
    from synonyms as s
    join texts as t on t.synonyms_of = s.word
    cross join lateral (
      select config, source from languages
      where languages.language = s.language and coalesce(languages.source, s.source) = s.source
      order by languages.source nulls last limit 1
    ) as l
  ),
  stemmed as materialized (
    select a.ordinal, a.synonym, a.key,
         nullif(strip(to_tsvector(a.config, a.text)), ''::tsvector)::text as vector,
         case a.kind
           when 'phrase' then (select phraseto_tsquery(a.config, a.text)::text where ${hasLexemes(sql`a.config`, sql`a.text`)})
           when 'prefix' then nullif(concat_ws(' | ',
             ${started(sql`'devora.devora_simple'::regconfig`)},
             case when a.source is not null then ${started(sql`'pg_catalog.simple'::regconfig`)} end,
             ${plain(sql`a.text`)}), '')
           else nullif(concat_ws(' | ', ${plain(sql`a.text`)},
             case when to_tsvector(a.config, a.parts) <> to_tsvector(a.config, a.text) then ${plain(sql`a.parts`)} end,
             ${spelled}), '')
         end as query
    from alternatives as a
    order by a.ordinal, a.key, a.synonym, a.text
  )
  select s.*, null::text as source, null::text as language, null::text as lexeme, null::float8 as documents
  from stemmed as s
  ${statistics ? sql`union all select null, null, null, null, null, k.* from (${statistics(singleLexemes)}) as k` : sql.empty()}`;

/** As `lexemeOf` does: of the tsqueries that are one lexeme. */
const singleLexemes = sql`
  select distinct replace(single[1], '''''', '''')
  from stemmed cross join lateral regexp_match(query, '^\\(?''((?:[^''\\\\]|'''')+)''\\)?$') as single
  where single is not null`;

/** Where the statement takes its values from. */
export interface LexemesInput {
  /** See {@link textsJson}. */
  readonly texts: SQL;
  /** The sources' names as a JSON list. */
  readonly names: SQL;
  /** (key, language, source, config) */
  readonly languages: SQL;
  /**
   * (source, language, lexeme, documents), made from lexemes, which follow in columns of their own: what the search
   * would ask for next.
   */
  readonly statistics: ((lexemes: SQL) => SQL) | undefined;
}

/** The statement for some texts, or a call of the function that holds it. */
export function textLexemes(
  texts: readonly TextToStem[],
  sources: readonly Source[],
  { kernel, statistics, ownerId }: StemOptions,
): SQL {
  const names = JSON.stringify(sources.map(({ name }) => name));
  if (kernel !== undefined && sources.every(({ languages }) => Object.keys(languages).length === 0)) {
    const request = {
      texts: textsJson(texts),
      names,
      owner: ownerId ?? null,
      statistics: statistics ? "true" : null,
    };
    return kernelCall(kernel, request);
  }
  const input = boundInput({ texts: textsJson(texts), names, owner: ownerId });
  return lexemesQuery({
    ...lexemesInput(input),
    languages: languageRows(sources),
    statistics: statistics ? lexemeStatistics(input) : undefined,
  });
}

export interface StemOptions {
  /** The function that {@link lexemesBody} is the body of; undefined where there is none. */
  readonly kernel: string | undefined;
  readonly statistics: boolean;
  readonly ownerId: string | undefined;
}

const lexemesInput = (input: Input) => ({
  texts: input.value("texts", "jsonb"),
  names: input.value("names", "jsonb"),
});

const lexemeStatistics = (input: Input) => (lexemes: SQL) =>
  statisticsQuery(lexemes, { names: input.value("names", "jsonb"), owner: input.value("owner") });

/** Of a function: the statement for sources without languages of their own, planned once in each connection. */
export const lexemesStatement = (input: Input, { statistics }: { readonly statistics: boolean }): SQL =>
  lexemesQuery({
    ...lexemesInput(input),
    languages: languageRows([]),
    statistics: statistics ? lexemeStatistics(input) : undefined,
  });

const textsJson = (texts: readonly TextToStem[]): string =>
  JSON.stringify(
    texts.map(({ text, kind, synonymsOf }, ordinal) => ({
      ordinal,
      // As devora.search_vector does, for which a slash parts words.
      text: text.replaceAll("/", " "),
      parts: text.replace(/[^\p{L}\p{M}\p{N}]+/gu, " "),
      spelling: kind === "word" ? otherSpelling(text) : null,
      kind,
      synonyms_of: synonymsOf,
    })),
  );

/** (key, language, source, config): the languages of all sources, and those that one source has of its own. */
function languageRows(sources: readonly Source[]): SQL {
  const own = sources.flatMap(({ name, languages }) =>
    Object.keys(languages).map(
      (language) => sql`
        select ${languageKey(language, name)}::text, ${language}::text, ${name}::text,
               ${textConfig(sql`${language}::text`, languages)}`,
    ),
  );
  const common = sql`
    select name as key, name as language, null::text as source, devora.text_config(name) as config
    from jsonb_array_elements_text(${JSON.stringify(textLanguages)}::jsonb) as name`;
  return sql.join([common, ...own], sql` union all `);
}

const hasLexemes = (config: SQL, text: SQL): SQL => sql`to_tsvector(${config}, ${text}) <> ''::tsvector`;

/** All words of a text, in brackets; null where it has none. */
const plain = (text: SQL): SQL =>
  sql`(select '(' || plainto_tsquery(a.config, ${text})::text || ')' where ${hasLexemes(sql`a.config`, text)})`;

/**
 * The other spelling as one lexeme: of a compound the whole alone, because its parts say something else. Its letters
 * and hyphen need no quoting.
 */
const spelled = sql`(
  select quote_literal(lexeme) from unnest(to_tsvector(a.config, a.spelling))
  where position('-' in a.spelling) = 0 or position('-' in lexeme) > 0)`;

/** All words of the text, the last of them as the start of one. */
const started = (config: SQL): SQL =>
  sql`(select '(' || plainto_tsquery(${config}, a.parts)::text || ':*)' where ${hasLexemes(config, sql`a.parts`)})`;

type Values = Record<string, string | null>;

/** Of its rows those of texts; the others are the statistics'. */
export function decodeLexemes(answer: readonly Row[], count: number): StemmedText[] {
  const rows = answer.filter(({ ordinal }) => ordinal !== null);
  const texts = Array.from({ length: count }, () => ({
    queries: { fr: null, en: null, simple: null } as Values,
    vectors: { fr: null, en: null, simple: null } as Values,
  }));
  for (const row of rows.filter(({ synonym }) => !synonym)) {
    const text = texts[Number(row.ordinal)];
    if (!text) continue;
    text.queries[String(row.key)] = row.query === null ? null : String(row.query);
    text.vectors[String(row.key)] = row.vector === null ? null : String(row.vector);
  }
  for (const { ordinal, key, query } of rows.filter(({ synonym }) => synonym)) {
    const queries = texts[Number(ordinal)]?.queries;
    if (!queries || query === null) continue;
    const known = queries[String(key)] ?? queries[String(key).split("@", 1)[0] ?? ""];
    queries[String(key)] = known ? `${known} | (${query})` : String(query);
  }
  return texts as StemmedText[];
}
