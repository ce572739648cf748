import { getTableColumns, is, SQL, sql } from "drizzle-orm";
import { type AnyPgColumn, PgColumn, PgTable } from "drizzle-orm/pg-core";
import { type TextKind, textKinds } from "../chunking/chunk-text.ts";
import { EmbeddingsError, shapeOf } from "../errors.ts";
import { typeNameOf } from "./column-type.ts";
import { type IdType, idTypeOf } from "./id-types.ts";

/** A column of that table and no other. */
export type ColumnOf<TTable extends PgTable> = AnyPgColumn<{ tableName: TTable["_"]["name"] }>;

/** Columns that a search may filter by, under the names that a call gives them. */
export type FilterColumns = Readonly<Record<string, PgColumn>>;
export type NoFilters = Record<never, never>;
export type ColumnsOf<TTable extends PgTable> = Readonly<Record<string, ColumnOf<TTable>>>;

export interface SourceDefinition<
  TTable extends PgTable,
  TName extends string,
  TFilters extends ColumnsOf<TTable> = NoFilters,
> {
  /** Stored with each passage: 1 to 63 of `a-z`, `0-9`, `_`, beginning with a letter. Never rename. */
  name: TName;
  table: TTable;
  /** Unique; uuid, text, varchar or a whole number. */
  id: ColumnOf<TTable>;
  /**
   * Whose row it is. With it, every search of this source needs `ownerId` (or `allOwners`), RLS or not.
   * Without it, the rows are everybody's.
   */
  owner?: ColumnOf<TTable>;
  /** Put before each passage when it is embedded. */
  title?: ColumnOf<TTable> | SQL;
  /** What is cut into passages: a column, several (joined by blank lines), or SQL of type text. */
  text: ColumnOf<TTable> | readonly ColumnOf<TTable>[] | SQL;
  /** `fr`, `en` or `simple`, the same for all rows or of each row. Default `simple`. */
  language?: ColumnOf<TTable> | SQL | "fr" | "en" | "simple";
  /** How the text is cut, the same for all rows or SQL that says it for each. Default `prose`. */
  kind?: TextKind | SQL<TextKind>;
  updatedAt?: ColumnOf<TTable>;
  /** Rows where it is not null count as gone. */
  deletedAt?: ColumnOf<TTable>;
  /** Rows that fail it count as gone as well. Columns of the table are visible to it. */
  where?: SQL;
  /**
   * Columns that a search may filter by, each under a name. They are compared in the row itself, so that a change
   * counts at once, and nothing is embedded anew. Give those that few rows share an index, with `owner` first.
   */
  filters?: TFilters;
  /**
   * Other tables that `title`, `text` or `where` read: a change of their rows makes stale the rows of this table whose
   * `matches` (default: the id) equals their `column`. For {@link embeddingTriggersFor}.
   */
  touchedBy?: readonly { column: AnyPgColumn; matches?: ColumnOf<TTable> }[];
}

/** A column of another table, and the source's column that it equals. */
export interface Touch {
  readonly column: PgColumn;
  readonly matches: PgColumn;
}

/** A table whose rows are embedded; made by {@link defineSource}. */
export interface Source<TName extends string = string, TFilters extends FilterColumns = FilterColumns> {
  readonly name: TName;
  readonly table: PgTable;
  readonly id: PgColumn;
  readonly idType: IdType;
  readonly owner: PgColumn | undefined;
  readonly title: SQL;
  readonly text: SQL;
  readonly language: SQL;
  readonly kind: SQL;
  readonly updatedAt: SQL;
  readonly updatedAtColumn: PgColumn | undefined;
  readonly filters: TFilters;
  /** True for rows that count. */
  readonly live: SQL;
  readonly touchedBy: readonly Touch[];
}

/**
 * Declares that rows of a Drizzle table are embedded: which columns make the passage, whose they are, which count.
 * Columns of another table do not compile.
 *
 * @throws {EmbeddingsError} INVALID_OPTION
 *
 * @example
 * const articles = defineSource({
 *   name: "articles",
 *   table: articlesTable,
 *   id: articlesTable.id, // bigint
 *   owner: articlesTable.teamId,
 *   title: articlesTable.headline,
 *   text: [articlesTable.lead, articlesTable.body],
 *   kind: "markdown",
 *   filters: { language: articlesTable.language },
 * });
 */
export function defineSource<
  TTable extends PgTable,
  const TName extends string,
  TFilters extends ColumnsOf<TTable> = NoFilters,
>(definition: SourceDefinition<TTable, TName, TFilters>): Source<TName, TFilters> {
  const { name, table, id, owner, title, text, language = "simple", kind = "prose" } = definition;
  const { updatedAt, deletedAt, where, touchedBy = [] } = definition;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw invalid(name, "name", "1 to 63 of a-z, 0-9 and _", name);
  if (!is(table, PgTable)) throw invalid(name, "table", "a Drizzle Postgres table", table);
  const columns = new Set<unknown>(Object.values(getTableColumns(table)));
  const column = (option: string, value: unknown): PgColumn => {
    if (is(value, PgColumn) && columns.has(value)) return value;
    throw invalid(name, option, "a column of the source's table", value);
  };
  const optional = (option: string, value: unknown) =>
    value === undefined ? undefined : column(option, value);
  const expression = (option: string, value: unknown): SQL =>
    is(value, SQL) ? sql`(${value})` : sql`${column(option, value)}`;
  const deleted = optional("deletedAt", deletedAt);
  const updated = optional("updatedAt", updatedAt);
  const idColumn = column("id", id);
  const filters = definition.filters ?? ({} as TFilters);
  for (const [filter, value] of Object.entries(filters)) assertFilter(name, filter, column("filters", value));

  return Object.freeze({
    name,
    table,
    id: idColumn,
    idType: idTypeOf(idColumn, name),
    owner: optional("owner", owner),
    title: title === undefined ? sql`''` : expression("title", title),
    text: Array.isArray(text) ? joined(text.map((part) => column("text", part))) : expression("text", text),
    language: typeof language === "string" ? sql`${language}::text` : expression("language", language),
    kind: kindOf(name, kind),
    updatedAtColumn: updated,
    filters: Object.freeze({ ...filters }),
    updatedAt: updated === undefined ? sql`null::timestamptz` : sql`${updated}::timestamptz`,
    live: sql.join(
      [
        sql`true`,
        ...(deleted === undefined ? [] : [sql`${deleted} is null`]),
        ...(where === undefined ? [] : [sql`(${where})`]),
      ],
      sql` and `,
    ),
    touchedBy: touchedBy.map(({ column: other, matches = id }) => {
      if (!is(other, PgColumn) || columns.has(other)) {
        throw invalid(name, "touchedBy", "columns of other tables", other);
      }
      return { column: other, matches: column("touchedBy.matches", matches) };
    }),
  });
}

/** An empty part leaves no blank lines behind. */
const joined = (columns: readonly PgColumn[]): SQL =>
  sql`concat_ws(E'\n\n', ${sql.join(
    columns.map((column) => sql`nullif(${column}::text, '')`),
    sql`, `,
  )})`;

/** What has no equality cannot be filtered by. */
function assertFilter(source: string, filter: string, column: PgColumn): void {
  const type = typeNameOf(column);
  if (!/^(?:jsonb?|xml|point|vector|halfvec|tsvector)$/.test(type)) return;
  throw invalid(source, `filters.${filter}`, "a column of values that can be equal, such as text", type);
}

function kindOf(source: string, kind: unknown): SQL {
  if (is(kind, SQL)) return sql`(${kind})`;
  if (textKinds.includes(kind as TextKind)) return sql`${kind}::text`;
  throw invalid(source, "kind", `one of ${textKinds.join(", ")}, or SQL`, kind);
}

const invalid = (source: unknown, option: string, allowed: string, received: unknown) =>
  new EmbeddingsError(
    "INVALID_OPTION",
    `defineSource "${String(source)}": ${option} must be ${allowed}; received ${shapeOf(received)}.`,
  );
