import * as schema from "@devora/db-schema";
import { type Database, rowsOf } from "@devora/db-schema";
import { createTestDatabase, installedModules, type TestDatabase, useTestDatabase } from "@devora/testing";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { getTableName, is, sql } from "drizzle-orm";
import { getTableConfig, getViewConfig, PgColumn, PgTable, PgView } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as embeddingsSchema from "../../src/schema/embeddings.ts";

// The Drizzle tables mirror the migrations. Their SQL, as drizzle-kit writes it, is executed in a second database, and
// PostgreSQL prints both: so what is compared is what the server understood, not how somebody wrote it.

const database = useTestDatabase();
let mirror: TestDatabase | undefined;

// A server without pgvector has no embeddings module; its tables are checked in the other lanes.
const absent = installedModules().includes("embeddings") ? [] : Object.values<unknown>(embeddingsSchema);
const tables = Object.entries<unknown>(schema).filter(
  (entry): entry is [string, PgTable] => is(entry[1], PgTable) && !absent.includes(entry[1]),
);
const names = tables.map(([, table]) => {
  const { schema: namespace = "public", name } = getTableConfig(table);
  return `${namespace}.${name}`;
});

beforeAll(async () => {
  mirror = await createTestDatabase();
  const { db } = mirror;
  for (const name of names) await db.execute(sql`drop table ${sql.raw(name)} cascade`);
  const statements = await generateMigration(
    generateDrizzleJson({}),
    generateDrizzleJson(Object.fromEntries(tables)),
  );
  for (const statement of statements)
    if (!statement.startsWith("CREATE SCHEMA")) await db.execute(sql.raw(statement));
});
afterAll(async () => mirror?.close());

/** Line by line: `name: definition`. */
type Facts = Record<"columns" | "keys" | "checks" | "indexes", string[]>;

async function factsOf(db: Database, table: string): Promise<Facts> {
  const rows = await rowsOf(
    db,
    sql`
      select 'columns' as kind, format('%s: %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
               case when a.attnotnull then ' not null' end,
               case when a.attidentity <> '' then ' identity ' || a.attidentity::text
                    when a.attgenerated <> '' then ' generated ' || pg_get_expr(d.adbin, d.adrelid)
                    else ' default ' || pg_get_expr(d.adbin, d.adrelid) end) as line
      from pg_attribute a
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = ${table}::text::regclass and a.attnum > 0 and not a.attisdropped
      union all
      select case when contype = 'c' then 'checks' else 'keys' end, format('%s: %s', conname, pg_get_constraintdef(oid))
      from pg_constraint
      where conrelid = ${table}::text::regclass and contype in ('p', 'u', 'f', 'c')
      union all
      -- A partitioned table's index is printed as one of that table alone.
      select 'indexes', format('%s: %s', c.relname, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON '))
      from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = ${table}::text::regclass
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))`,
  );
  const lines = (kind: keyof Facts) =>
    rows
      .filter((row) => row.kind === kind)
      .map((row) => String(row.line))
      .sort();
  return {
    columns: lines("columns"),
    keys: lines("keys"),
    checks: lines("checks"),
    indexes: lines("indexes"),
  };
}

/** What the migrations say and Drizzle has no words for. */
const beyondDrizzle: Record<string, string> = {
  conversations_project_fkey: " (project_id)",
  invoices_subscription_fkey: " (subscription_id)",
  documents_owner_id_uri_live_idx: " NULLS NOT DISTINCT",
};

function withoutBeyond(line: string): string {
  const name = line.slice(0, line.indexOf(":"));
  const part = beyondDrizzle[name];
  if (part === undefined) return line;
  const at = line.lastIndexOf(part);
  expect(at, `${name} has lost${part}: ${line}`).toBeGreaterThan(0);
  return line.slice(0, at) + line.slice(at + part.length);
}

test.each(names)("the Drizzle table of %s says what the migrations say", async (name) => {
  const migrated = await factsOf(database.db, name);
  const declared = await factsOf(mirror!.db, name);
  // Drizzle need not repeat every check, but may not claim one that is not there.
  expect({ ...declared, checks: expect.arrayContaining(declared.checks) }).toEqual({
    columns: migrated.columns,
    keys: migrated.keys.map(withoutBeyond),
    indexes: migrated.indexes.map(withoutBeyond),
    checks: migrated.checks,
  });
});

test("every table of the database is declared, apart from partitions and the ledger", async () => {
  const rows = await rowsOf(
    database.db,
    sql`
      select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'devora') and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migrations'
      order by 1`,
  );
  expect(rows.map((row) => row.name)).toEqual(tables.map(([, table]) => getTableName(table)).sort());
});

test("every view is declared, with its columns and their types", async () => {
  const views = await rowsOf(
    database.db,
    sql`
      select c.relname::text as name,
             (select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
              from pg_attribute a where a.attrelid = c.oid and a.attnum > 0) as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'devora') and c.relkind in ('v', 'm')
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      order by 1`,
  );
  const declared = Object.values<unknown>(schema)
    .filter((value) => is(value, PgView))
    .map((view) => {
      const { name, selectedFields } = getViewConfig(view);
      const columns = Object.values<unknown>(selectedFields).filter((field) => is(field, PgColumn));
      return { name, columns: columns.map((column) => `${column.name} ${column.getSQLType()}`).join(", ") };
    });
  expect(declared.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(views);
});
