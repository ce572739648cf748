import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { SchemaError } from "./errors.ts";
import { type OwnerColumn, ownedBy } from "./owned.ts";
import { policyNames } from "./policy-names.ts";

/** What a user may do with the own rows of a table. */
export type TablePrivilege = "select" | "insert" | "update" | "delete";
const allPrivileges: readonly TablePrivilege[] = ["select", "insert", "update", "delete"];

/** Any column of one table: a column of another table does not fit. */
type ColumnOf<Table extends PgTable> = Table["_"]["columns"][keyof Table["_"]["columns"]];

export interface RowSecurityOptions<Table extends PgTable> {
  /** The column that holds the owner's id; `uuid`, a text or an integer type. Give it an index. */
  owner: ColumnOf<Table> & OwnerColumn;
  /** What users may do with their own rows. Empty: only `devora_service` gets at them. Default: all four. */
  privileges?: readonly TablePrivilege[];
}

/**
 * The statements that make a table of your own as safe as Devora's: row level security enabled and forced, the
 * owner's rows by {@link withUser}, all rows by {@link withService}. Equal in effect to `devora.protect_table`.
 *
 * Run them as the table's owner, in the migration that makes the table and after module `core`; running them again
 * changes nothing, and puts right what `drizzle-kit push` lost. Each is one statement without parameters.
 *
 * @throws {SchemaError} INVALID_OPTION for a column of another table or of a type that cannot hold an id
 *
 * @example
 * for (const statement of rlsFor(notes, { owner: notes.userId })) await db.execute(statement);
 * // alter table "notes" enable row level security
 * // alter table "notes" force row level security
 * // drop policy if exists "notes_owner_isolation" on "notes"
 * // create policy "notes_owner_isolation" on "notes" for all to public using (…) with check (…)
 * // drop policy if exists "notes_service" on "notes"
 * // create policy "notes_service" on "notes" for all to devora_service using (true) with check (true)
 * // grant select, insert, update, delete on "notes" to devora_service
 * // grant select, insert, update, delete on "notes" to devora_app
 */
export function rlsFor<Table extends PgTable>(
  table: Table,
  { owner, privileges = allPrivileges }: RowSecurityOptions<Table>,
): SQL[] {
  assertOptions(table, owner, privileges);
  const names = policyNames(table);
  const [ownerPolicy, servicePolicy] = [sql.identifier(names.owner), sql.identifier(names.service)];
  const own = ownedBy(owner);
  return [
    sql`alter table ${table} enable row level security`,
    sql`alter table ${table} force row level security`,
    sql`drop policy if exists ${ownerPolicy} on ${table}`,
    sql`create policy ${ownerPolicy} on ${table} for all to public using (${own}) with check (${own})`,
    sql`drop policy if exists ${servicePolicy} on ${table}`,
    sql`create policy ${servicePolicy} on ${table} for all to devora_service using (true) with check (true)`,
    ...schemaGrants(table),
    ...grants(table, allPrivileges, "devora_service"),
    ...grants(table, privileges, "devora_app"),
  ];
}

/** The schema `public` is open to every role; another one is not. */
function schemaGrants(table: PgTable): SQL[] {
  const { schema } = getTableConfig(table);
  return schema === undefined
    ? []
    : [sql`grant usage on schema ${sql.identifier(schema)} to devora_app, devora_service`];
}

/** A `serial` column draws from a sequence that is granted by itself; identity columns need nothing. */
function grants(table: PgTable, privileges: readonly TablePrivilege[], role: string): SQL[] {
  if (privileges.length === 0) return [];
  const to = sql.identifier(role);
  const sequences = privileges.includes("insert") ? sequencesOf(table) : [];
  return [
    sql`grant ${sql.join(
      privileges.map((privilege) => sql.raw(privilege)),
      sql`, `,
    )} on ${table} to ${to}`,
    ...sequences.map((sequence) => sql`grant usage on sequence ${sequence} to ${to}`),
  ];
}

function sequencesOf(table: PgTable): SQL[] {
  const { name, schema } = getTableConfig(table);
  return Object.values(getTableColumns(table))
    .filter((column) => /^(small|big)?serial$/.test(column.getSQLType()))
    .map((column) => {
      const sequence = sql.identifier(`${name}_${column.name}_seq`);
      return schema === undefined ? sql`${sequence}` : sql`${sql.identifier(schema)}.${sequence}`;
    });
}

function assertOptions(table: PgTable, owner: OwnerColumn, privileges: readonly TablePrivilege[]): void {
  const { name } = getTableConfig(table);
  if (owner?.table !== table) {
    throw new SchemaError(
      "INVALID_OPTION",
      `rlsFor(${name}): owner must be one of its own columns: ${Object.keys(getTableColumns(table)).join(", ")}.`,
    );
  }
  const unknown = privileges.filter((privilege) => !allPrivileges.includes(privilege));
  if (unknown.length > 0) {
    throw new SchemaError(
      "INVALID_OPTION",
      `rlsFor(${name}): privileges has an unknown entry; allowed are ${allPrivileges.join(", ")}.`,
    );
  }
}
