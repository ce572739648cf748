import * as schema from "@devora/db-schema";
import { rowsOf } from "@devora/db-schema";
import { installedModules, useTestDatabase } from "@devora/testing";
import { getTableName, is, sql } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { describe, expect, test } from "vitest";
import * as embeddingsSchema from "../../src/schema/embeddings.ts";

const database = useTestDatabase();
// A server without pgvector has no embeddings module; its tables are checked in the other lanes.
const absent = installedModules().includes("embeddings") ? [] : Object.values<unknown>(embeddingsSchema);
const tables = Object.values<unknown>(schema)
  .filter((value) => is(value, PgTable))
  .filter((table) => !absent.includes(table));

interface ColumnFacts {
  name: string;
  type: string;
  notNull: boolean;
  hasDefault: boolean;
}

async function databaseColumns(schemaName: string, table: string): Promise<ColumnFacts[]> {
  const rows = await rowsOf(
    database.db,
    sql`
      select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as not_null,
             (a.atthasdef or a.attidentity <> '') as has_default
      from pg_attribute a
      where a.attrelid = to_regclass(${`${schemaName}.${table}`}::text) and a.attnum > 0 and not a.attisdropped
      order by a.attname`,
  );
  return rows.map((row) => ({
    name: String(row.name),
    type: String(row.type),
    notNull: row.not_null === true,
    hasDefault: row.has_default === true,
  }));
}

describe.each(tables.map((table) => [getTableName(table), table] as const))("table %s", (_name, table) => {
  const config = getTableConfig(table);
  const schemaName = config.schema ?? "public";

  test("has the columns that the Drizzle table declares", async () => {
    const declared = config.columns
      .map((column) => ({
        name: column.name,
        type: column.getSQLType().replaceAll(", ", ","),
        notNull: column.notNull,
        hasDefault:
          (column.hasDefault && column.defaultFn === undefined) ||
          column.generated !== undefined ||
          column.generatedIdentity !== undefined,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(await databaseColumns(schemaName, config.name)).toEqual(declared);
  });

  test("has the indexes, keys and foreign keys that the Drizzle table declares, and no others", async () => {
    const constraint = (type: string) => sql`
      select conname::text as name from pg_constraint where conrelid = to_regclass(${`${schemaName}.${config.name}`}::text) and contype = ${type}::"char" order by 1`;
    const namesOf = async (query: ReturnType<typeof sql>) =>
      (await rowsOf(database.db, query)).map((row) => String(row.name));

    expect(await namesOf(constraint("f"))).toEqual(
      config.foreignKeys.map((key) => foreignKeyName(config.name, key)).sort(),
    );
    const unique = [
      ...config.uniqueConstraints.map((key) => key.name),
      ...config.columns.filter((column) => column.isUnique).map((column) => column.uniqueName),
    ];
    expect(await namesOf(constraint("u"))).toEqual(unique.sort());
    const indexes = await namesOf(sql`
      select c.relname::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = to_regclass(${`${schemaName}.${config.name}`}::text)
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))
      order by 1`);
    expect(indexes).toEqual(config.indexes.map((index) => String(index.config.name)).sort());
  });
});

function foreignKeyName(
  table: string,
  key: ReturnType<typeof getTableConfig>["foreignKeys"][number],
): string {
  const { name, columns } = key.reference();
  return name ?? `${table}_${columns.map((column) => column.name).join("_")}_fkey`;
}

test("every table of the database is declared, apart from partitions and the ledger", async () => {
  const rows = await rowsOf(
    database.db,
    sql`
      select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'devora') and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migrations'
      order by 1`,
  );
  expect(rows.map((row) => row.name)).toEqual(tables.map(getTableName).sort());
});

test("the roles can neither log in nor bypass policies", async () => {
  const rows = await rowsOf(
    database.db,
    sql`select rolname::text as name, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname like 'devora\_%' and rolname in ('devora_app', 'devora_service', 'devora_definer') order by 1`,
  );
  expect(rows).toEqual(
    ["devora_app", "devora_definer", "devora_service"].map((name) => ({
      name,
      rolcanlogin: false,
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
    })),
  );
});
