import { type SQL, sql } from "drizzle-orm";
import { tsvector } from "./columns.ts";
import { SchemaError } from "./errors.ts";

/**
 * Text search configurations of languages beyond `fr`, `en` and `simple`, by the value of the language column:
 * a name of PostgreSQL's own (`german`), or one with its schema (`public.german_folded`, see {@link accentFoldingConfig}).
 */
export type SearchLanguages = Readonly<Record<string, string>>;

export interface SearchVectorParts {
  /** SQL of the row's language: `fr`, `en`, a key of `languages`, or anything else for no stemming. */
  language: SQL;
  /** SQL of the text that counts most (weight A). */
  title: SQL;
  /** SQL of the text (weight B); only its first 100,000 characters are indexed. */
  body: SQL;
  /** Further languages. Default: none. Changing them later rewrites the table. */
  languages?: SearchLanguages;
}

/**
 * A generated search vector for a table of your own: kept true by PostgreSQL, in the row's language.
 *
 * @throws {SchemaError} INVALID_OPTION for a language or configuration whose name has other than letters, digits, `_`, `-`
 *
 * @example
 * const books = pgTable("books", {
 *   title: text("title").notNull(),
 *   blurb: text("blurb").notNull(),
 *   search: searchVector("search", { language: sql`'en'`, title: sql`title`, body: sql`blurb` }),
 * });
 * // "search" tsvector generated always as (devora.search_vector('en', title, blurb)) stored not null
 *
 * @example
 * searchVector("search", { language: sql`language`, title: sql`title`, body: sql`blurb`, languages: { de: "german" } })
 * // … as (setweight(to_tsvector(case language when 'de' then 'pg_catalog.german'::regconfig
 * //   else devora.text_config(language) end, …title…), 'A') || setweight(to_tsvector(…, …blurb…), 'B')) stored
 */
export function searchVector(name: string, { language, title, body, languages = {} }: SearchVectorParts) {
  const column = tsvector(name).notNull();
  if (Object.keys(languages).length === 0) {
    return column.generatedAlwaysAs(sql`devora.search_vector(${language}, ${title}, ${body})`);
  }
  const config = textConfig(language, languages);
  return column.generatedAlwaysAs(
    sql`setweight(to_tsvector(${config}, ${withoutTags(title, 2000)}), 'A') || setweight(to_tsvector(${config}, ${withoutTags(body, 100_000)}), 'B')`,
  );
}

/**
 * The configuration of a language, as {@link searchVector} chose it for the rows: for the query's side.
 *
 * @throws {SchemaError} INVALID_OPTION as searchVector
 *
 * @example
 * sql`${books.search} @@ websearch_to_tsquery(${textConfig(sql`${"de"}::text`, { de: "german" })}, ${query}::text)`
 * // case $1::text when 'de' then 'pg_catalog.german'::regconfig else devora.text_config($1::text) end
 */
export function textConfig(language: SQL, languages: SearchLanguages): SQL {
  const branches = Object.entries(languages).map(([name, config]) => {
    assertName("languages", name, /^[A-Za-z][A-Za-z0-9_-]{0,34}$/);
    return sql`when ${literal(name)} then ${literal(qualified(config))}::regconfig`;
  });
  if (branches.length === 0) return sql`devora.text_config(${language})`;
  return sql`case ${language} ${sql.join(branches, sql` `)} else devora.text_config(${language}) end`;
}

export interface AccentFoldingConfig {
  /** Its name with its schema, for example `public.german_folded`. */
  name: string;
  /** PostgreSQL's own configuration whose stemmer it uses, for example `german`. */
  base: string;
}

/**
 * The statement that makes a text search configuration which folds accents, then stems: "Größe" and "Grosse" meet.
 * For a migration of yours, after module `core` (it has the extension `unaccent`) and before the tables that use it.
 *
 * @throws {SchemaError} INVALID_OPTION for a name without its schema, or with other than small letters, digits and `_`
 *
 * @example
 * await db.execute(accentFoldingConfig({ name: "public.german_folded", base: "german" }));
 * // create text search configuration "public"."german_folded" (copy = pg_catalog."german");
 * // alter text search configuration "public"."german_folded"
 * //   alter mapping for hword, hword_part, word with public.unaccent, pg_catalog."german_stem";
 */
export function accentFoldingConfig({ name, base }: AccentFoldingConfig): SQL {
  assertName("name", name, /^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/);
  assertName("base", base, /^[a-z][a-z0-9_]{0,57}$/);
  const [schema, own] = name.split(".") as [string, string];
  const config = sql`${sql.identifier(schema)}.${sql.identifier(own)}`;
  // An extension may live in any schema, so its dictionary is looked up.
  return sql`do $$
declare
  dictionary regdictionary;
begin
  select p.objid into strict dictionary
    from pg_depend p
    join pg_extension e on e.oid = p.refobjid and e.extname = 'unaccent'
    join pg_ts_dict d on d.oid = p.objid and d.dictname = 'unaccent'
   where p.classid = 'pg_ts_dict'::regclass and p.deptype = 'e';
  create text search configuration ${config} (copy = pg_catalog.${sql.identifier(base)});
  execute format('alter text search configuration ${config} alter mapping for hword, hword_part, word with %s, pg_catalog.${sql.identifier(`${base}_stem`)}',
                 dictionary);
end $$`;
}

/** As in devora.search_vector: no longer than a tsvector can hold, and the words inside of `<…>` and beside `/` are kept. */
const withoutTags = (text: SQL, length: number): SQL =>
  sql`translate(left(coalesce(${text}, ''), ${sql.raw(String(length))}), '<>/', '   ')`;

/** DDL takes no parameters; Drizzle writes the value in quotes. */
const literal = (text: string): SQL => sql`${text}`.inlineParams();

function qualified(config: string): string {
  assertName("languages", config, /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/);
  return config.includes(".") ? config : `pg_catalog.${config}`;
}

function assertName(option: string, value: string, form: RegExp): void {
  if (typeof value === "string" && form.test(value)) return;
  throw new SchemaError(
    "INVALID_OPTION",
    `${option}: received ${JSON.stringify(value)}; allowed is ${form.source}. Write names of languages as de or pt-BR, of configurations as german or public.german_folded.`,
  );
}
