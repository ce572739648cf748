import { type SQL, sql } from "drizzle-orm";

/** What is found beside a word, in rows of one source and language. */
export interface SynonymEntry {
  readonly source: string;
  readonly language: string;
  /** Folded. */
  readonly word: string;
  readonly synonyms: readonly string[];
}

/** Keeps the synonyms of a word in place of those it had. */
export const keepSynonymsQuery = ({ source, language, word, synonyms }: SynonymEntry): SQL => sql`
  insert into devora.search_synonyms (source, language, word, synonyms)
  values (${source}::text, ${language}::text, ${word}::text,
          array(select jsonb_array_elements_text(${JSON.stringify(synonyms)}::jsonb)))
  on conflict (source, language, word) do update set synonyms = excluded.synonyms`;

/** Forgets the synonyms of a word. */
export const dropSynonymsQuery = ({ source, language, word }: Omit<SynonymEntry, "synonyms">): SQL => sql`
  delete from devora.search_synonyms
  where source = ${source}::text and language = ${language}::text and word = ${word}::text`;
