import type { MigrationSession } from "../migrations/session.ts";
import type { Snapshot } from "./kit.ts";
import { keyOf, schemaOf } from "./names.ts";
import { readTables, type TableFacts } from "./table-facts.ts";

/** What the database has of a snapshot, and beside it. */
export interface Live {
  tables: Map<string, TableFacts>;
  /** Tables that the snapshot does not name, in the PostgreSQL schemas where it has tables that do not exist. */
  others: Map<string, TableFacts>;
  enums: Map<string, string[]>;
  schemas: Set<string>;
}

export async function readLive(session: MigrationSession, snapshot: Snapshot): Promise<Live> {
  const names = Object.values(snapshot.tables).map((table) => nameIn(schemaOf(table), table.name));
  const tables = await readTables(session, names);
  const missing = names.filter((table) => !tables.has(keyOf(table)));
  const schemas = await session.rows("select nspname::text as name from pg_namespace");
  return {
    tables,
    others: await readOthers(session, { snapshot, schemas: missing.map(schemaOf) }),
    enums: await readEnums(session),
    schemas: new Set(schemas.map((row) => String(row.name))),
  };
}

const nameIn = (schema: string, name: string) => ({ schema, name, foundIn: schema });

async function readOthers(
  session: MigrationSession,
  { snapshot, schemas }: { snapshot: Snapshot; schemas: readonly string[] },
): Promise<Map<string, TableFacts>> {
  if (schemas.length === 0) return new Map();
  const declared = new Set(Object.values(snapshot.tables).map(keyOf));
  const rows = await session.rows(
    `select n.nspname::text as schema, c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition
       and n.nspname in (select jsonb_array_elements_text($1::text::jsonb))`,
    [JSON.stringify(schemas)],
  );
  const names = rows.map((row) => nameIn(String(row.schema), String(row.name)));
  return readTables(
    session,
    names.filter((table) => !declared.has(keyOf(table))),
  );
}

async function readEnums(session: MigrationSession): Promise<Map<string, string[]>> {
  const rows = await session.rows(
    `select n.nspname::text as schema, t.typname::text as name, e.enumlabel::text as label
     from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace
     order by 1, 2, e.enumsortorder`,
  );
  const enums = new Map<string, string[]>();
  for (const row of rows) {
    const key = `${String(row.schema)}.${String(row.name)}`;
    enums.set(key, [...(enums.get(key) ?? []), String(row.label)]);
  }
  return enums;
}
