import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type ByLanguage, type StemmedText, type TextToStem, textLanguages } from "../terms.ts";

/**
 * Turns texts into tsqueries in each language, in the order given. The server quotes the lexemes.
 *
 * A word with punctuation within (`boundary-layer`, `src/app.ts`) is one token of its own kind to PostgreSQL; it is
 * looked for both so and by its parts. `plainto_tsquery` sees no text of stop words alone, because it would answer
 * with a NOTICE, which drivers print.
 */
export const lexemesQuery = (texts: readonly TextToStem[]): SQL => sql`
  select t.ordinal, l.language,
         nullif(strip(v.whole), ''::tsvector)::text as vector,
         case
           when v.whole = ''::tsvector then null
           when t.phrase then phraseto_tsquery(l.config, t.text)
           when v.parts = v.whole or v.parts = ''::tsvector then plainto_tsquery(l.config, t.text)
           else plainto_tsquery(l.config, t.text) || plainto_tsquery(l.config, t.parts)
         end::text as query
  from jsonb_to_recordset(${JSON.stringify(
    texts.map(({ text, phrase }, ordinal) => ({
      ordinal,
      text,
      phrase,
      parts: text.replace(/[^\p{L}\p{M}\p{N}]+/gu, " "),
    })),
  )}::jsonb) as t(ordinal int, text text, parts text, phrase boolean)
  cross join (
    select name as language, devora.text_config(name) as config from unnest(array['fr', 'en', 'simple']) as name
  ) as l
  cross join lateral (
    select to_tsvector(l.config, t.text) as whole, to_tsvector(l.config, t.parts) as parts
  ) as v
  order by t.ordinal, l.language`;

export function decodeLexemes(rows: readonly Row[], count: number): StemmedText[] {
  const texts = Array.from({ length: count }, () => ({
    queries: { fr: null, en: null, simple: null } as Record<keyof ByLanguage<string>, string | null>,
    vectors: { fr: null, en: null, simple: null } as Record<keyof ByLanguage<string>, string | null>,
  }));
  for (const row of rows) {
    const text = texts[Number(row.ordinal)];
    const language = textLanguages.find((name) => name === row.language);
    if (!text || !language) continue;
    text.queries[language] = row.query === null ? null : String(row.query);
    text.vectors[language] = row.vector === null ? null : String(row.vector);
  }
  return texts;
}
