import { type SearchLanguages, textConfig } from "@devora/db-schema";
import { getTableColumns, getTableName, is, SQL, sql } from "drizzle-orm";
import { PgColumn, type PgTable } from "drizzle-orm/pg-core";
import { SearchError } from "./errors.ts";

/** Languages that every search knows; `simple` folds accents and case alone. A source may have more of its own. */
export type TextLanguage = "fr" | "en" | "simple";

/** Any column of one table: a column of another table does not fit. */
export type ColumnOf<Table extends PgTable> = Table["_"]["columns"][keyof Table["_"]["columns"]];
export type ColumnsOf<Table extends PgTable> = Readonly<Record<string, ColumnOf<Table>>>;
export type Columns = Readonly<Record<string, PgColumn>>;
type NoColumns = Record<never, never>;

export interface SourceDefinition<
  Name extends string,
  Table extends PgTable,
  Metadata extends ColumnsOf<Table>,
  Filters extends ColumnsOf<Table>,
  Language extends string = never,
> {
  /** Letters and digits, a small letter first; names the verb too: `books` -> `searchBooks`. Not `all`. */
  name: Name;
  table: Table;
  /** A unique column; answered as text. */
  id: ColumnOf<Table>;
  /** What a result is called. SQL is evaluated for the rows of the answered page alone. */
  title: ColumnOf<Table> | SQL;
  /** Where snippets and passages come from. Default: none. */
  body?: ColumnOf<Table> | SQL;
  /** The `searchVector()` column: title at weight A, body at B. Give it a GIN index, with `owner` first. */
  vector: ColumnOf<Table>;
  /** The row's language, a column or one for all rows; must be what `vector` was made with. Default `simple`. */
  language?: ColumnOf<Table> | TextLanguage | NoInfer<Language>;
  /** Languages beyond these, each with its text search configuration: the `languages` that `vector` was made with. */
  languages?: Readonly<Record<Language, string>>;
  /** Whose row it is. With it, no search runs without `ownerId` or `allOwners`. Default: rows belong to no one. */
  owner?: ColumnOf<Table>;
  /** Null while the row is live. */
  deletedAt?: ColumnOf<Table>;
  /** A condition that every row must meet. */
  where?: SQL;
  /** A vector made by `devora.identifier_vector`: marks the source as code, found by parts of its identifiers. */
  identifierVector?: ColumnOf<Table>;
  /** A path: found by any part of it (trigram index), and counted in the ranking. */
  path?: ColumnOf<Table>;
  /** The programming language of the row's code, in small letters: what a person's `lang:typescript` compares. */
  codeLanguage?: ColumnOf<Table>;
  /** When the row changed: answered with each result, and what `updatedAfter` compares. */
  updatedAt?: ColumnOf<Table>;
  /**
   * The name of a BM25 index of the extension `pg_textsearch`, made by `bm25IndexFor`. With it, of more matches than
   * are ranked the best by BM25 are ranked, too, and not only the last by id; where the database has no such index,
   * nothing changes. For tables that few owners share; needs columns as title and body, and one language.
   */
  bm25Index?: string;
  /** Columns that are answered with each result, as JSON. */
  metadata?: Metadata;
  /** Columns that a call may filter by. */
  filters?: Filters;
}

/** A table that can be searched; made by {@link defineSource}. */
export interface Source<
  Name extends string = string,
  Metadata extends Columns = Columns,
  Filters extends Columns = Columns,
> {
  readonly name: Name;
  readonly table: PgTable;
  readonly id: PgColumn;
  readonly title: PgColumn | SQL;
  readonly body: PgColumn | SQL | undefined;
  readonly vector: PgColumn;
  readonly language: PgColumn | string;
  readonly languages: SearchLanguages;
  readonly owner: PgColumn | undefined;
  readonly deletedAt: PgColumn | undefined;
  readonly where: SQL | undefined;
  readonly identifierVector: PgColumn | undefined;
  readonly path: PgColumn | undefined;
  readonly codeLanguage: PgColumn | undefined;
  readonly updatedAt: PgColumn | undefined;
  readonly bm25Index: string | undefined;
  readonly metadata: Metadata;
  readonly filters: Filters;
}

/**
 * Declares how one of your Drizzle tables is searched. Takes columns of that table alone, by type and at run time.
 *
 * @throws {SearchError} INVALID_SOURCE
 *
 * @example
 * const bookSource = defineSource({
 *   name: "books", table: books, id: books.id, title: books.title, body: books.blurb,
 *   vector: books.search, language: "en", owner: books.tenant, metadata: { year: books.year },
 * });
 */
export function defineSource<
  const Name extends string,
  Table extends PgTable,
  Metadata extends ColumnsOf<Table> = NoColumns,
  Filters extends ColumnsOf<Table> = NoColumns,
  const Language extends string = never,
>(definition: SourceDefinition<Name, Table, Metadata, Filters, Language>): Source<Name, Metadata, Filters> {
  const { name, table } = definition;
  const source = {
    name,
    table,
    id: definition.id,
    title: definition.title,
    body: definition.body,
    vector: definition.vector,
    language: definition.language ?? "simple",
    languages: definition.languages ?? {},
    owner: definition.owner,
    deletedAt: definition.deletedAt,
    where: definition.where,
    identifierVector: definition.identifierVector,
    path: definition.path,
    codeLanguage: definition.codeLanguage,
    updatedAt: definition.updatedAt,
    bm25Index: definition.bm25Index,
    metadata: definition.metadata ?? ({} as Metadata),
    filters: definition.filters ?? ({} as Filters),
  };
  assertSource(source);
  return source;
}

function assertSource(source: Source): void {
  const { name, table } = source;
  const refuse = (problem: string): never => {
    throw new SearchError("INVALID_SOURCE", `defineSource(${JSON.stringify(name)}): ${problem}`);
  };
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name) || name === "all") {
    refuse(
      "name must be letters and digits with a small letter first, and not `all`, because it names the verb. Rename the source.",
    );
  }
  assertLanguages(source, refuse);
  const { metadata, filters, languages: _, ...single } = source;
  for (const [option, value] of Object.entries({ ...single, ...metadata, ...filters })) {
    if (is(value, PgColumn) && value.table !== table) {
      refuse(
        `${option} is a column of table ${getTableName(value.table)}; columns of ${getTableName(table)} are allowed. For another table's value pass \`title\` or \`body\` as SQL.`,
      );
    }
  }
  for (const required of ["id", "vector"] as const) {
    if (!is(source[required], PgColumn)) {
      refuse(
        `${required} must be a column; received ${typeof source[required]}. Pass one of: ${Object.keys(getTableColumns(table)).join(", ")}.`,
      );
    }
  }
  for (const option of ["vector", "identifierVector"] as const) {
    const column = source[option];
    if (column && column.getSQLType() !== "tsvector") {
      refuse(
        `${option} must be a tsvector; ${column.name} is ${column.getSQLType()}. Make it with searchVector() of @devora/db-schema.`,
      );
    }
  }
  if (!is(source.title, PgColumn) && !is(source.title, SQL)) {
    refuse(`title must be a column or SQL; received ${typeof source.title}.`);
  }
  assertBm25Index(source, refuse);
}

/** An index covers columns, by one language's configuration. */
function assertBm25Index(
  { bm25Index, title, body, language }: Source,
  refuse: (problem: string) => never,
): void {
  if (bm25Index === undefined) return;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(bm25Index)) {
    refuse("bm25Index must be 1 to 63 small letters, digits and _, without a schema.");
  }
  if (!is(title, PgColumn) || !(body === undefined || is(body, PgColumn)) || typeof language !== "string") {
    refuse("bm25Index needs a column as title, a column as body or none, and a language that is no column.");
  }
}

/** Refuses a language without a configuration, and a configuration that is no name. */
function assertLanguages({ language, languages }: Source, refuse: (problem: string) => never): void {
  const known = ["fr", "en", "simple", ...Object.keys(languages)];
  if (typeof language === "string" && !known.includes(language)) {
    refuse(
      `language ${JSON.stringify(language)} is unknown; known are ${known.join(", ")}. Declare others as languages: { de: "german" }.`,
    );
  }
  try {
    textConfig(sql`language`, languages);
  } catch (error) {
    refuse(error instanceof Error ? error.message : "languages are not valid.");
  }
}
