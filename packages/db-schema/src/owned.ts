import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { type AnyPgColumn, type ExtraConfigColumn, type PgPolicy, pgPolicy } from "drizzle-orm/pg-core";
import { SchemaError } from "./errors.ts";
import { policyNames } from "./policy-names.ts";

/** A column that can hold an owner's id: `uuid`, `text`, `varchar`, `char`, or an integer of any size. */
export type OwnerColumn = AnyPgColumn<{ data: string | number | bigint }>;
/** The same within the table's declaration, where Drizzle does not tell the column's type. */
type DeclaredColumn = OwnerColumn | ExtraConfigColumn;

/** Casts without a length: `'abcd'::varchar(3)` would cut one user's id down to another's. */
const castTypes: Record<string, string> = {
  uuid: "uuid",
  text: "text",
  varchar: "varchar",
  char: "bpchar",
  smallint: "smallint",
  smallserial: "smallint",
  integer: "integer",
  serial: "integer",
  bigint: "bigint",
  bigserial: "bigint",
};

/**
 * The condition of a policy: the row's owner is the user of {@link withUser}. Without a scope no row meets it, and
 * PostgreSQL evaluates the setting once per statement, so that an index on the column serves.
 *
 * @throws {SchemaError} INVALID_OPTION for a column of a type that cannot hold an id
 *
 * @example
 * pgPolicy("notes_own", { using: ownedBy(t.userId), withCheck: ownedBy(t.userId) })
 * // "notes"."user_id" = (select nullif(current_setting('app.user_id', true), '')::bigint)
 */
export function ownedBy(column: DeclaredColumn): SQL {
  return sql`${column} = (select nullif(current_setting('app.user_id', true), '')::${sql.raw(castTypeOf(column))})`;
}

/**
 * The two policies of an owned table, for its declaration: the owner's rows for everyone, all rows for
 * `devora_service`. drizzle-kit writes them into its migrations; what it cannot write is in {@link rlsFor}.
 *
 * @throws {SchemaError} INVALID_OPTION for a column of a type that cannot hold an id
 *
 * @example
 * const notes = pgTable("notes", { userId: bigint("user_id", { mode: "number" }).notNull(), … }, (t) =>
 *   ownerPolicies(t.userId));
 * // create policy "notes_owner_isolation" on "notes" as permissive for all to public using (…) with check (…);
 * // create policy "notes_service" on "notes" as permissive for all to "devora_service" using (true) with check (true);
 */
export function ownerPolicies(owner: DeclaredColumn): PgPolicy[] {
  const names = policyNames(owner.table);
  return [
    pgPolicy(names.owner, { for: "all", to: "public", using: ownedBy(owner), withCheck: ownedBy(owner) }),
    pgPolicy(names.service, {
      for: "all",
      to: "devora_service",
      using: sql`true`,
      withCheck: sql`true`,
    }),
  ];
}

function castTypeOf(column: DeclaredColumn): string {
  // In a table's own declaration Drizzle 0.45 gives a stand-in whose getSQLType() calls itself without end.
  const declared = Object.values(getTableColumns(column.table)).find(({ name }) => name === column.name);
  const type = (declared ?? column).getSQLType();
  const cast = castTypes[type.replace(/\(.*/s, "")];
  if (cast !== undefined && !type.includes("[")) return cast;
  throw new SchemaError(
    "INVALID_OPTION",
    `ownedBy: ${column.name} is ${type}; allowed are ${Object.keys(castTypes).join(", ")}. Pass the column that holds the owner's id.`,
  );
}
