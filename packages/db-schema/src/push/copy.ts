import { SchemaError } from "../errors.ts";
import type { MigrationSession } from "../migrations/session.ts";
import { runStatement } from "./execute.ts";
import type { Kit, Snapshot, SnapshotTable } from "./kit.ts";
import { quoted, schemaOf } from "./names.ts";
import { readTables, type TableFacts } from "./table-facts.ts";

/** What the tables need and the database lacks. */
export interface Missing {
  enums: Snapshot["enums"];
  schemas: readonly string[];
}

/**
 * The tables of a snapshot as PostgreSQL would describe them: they are made, empty, in schemas of their own, read,
 * and taken back to the savepoint. Foreign keys are left out (they would lock the tables they refer to).
 */
export async function describeSnapshot(
  session: MigrationSession,
  kit: Kit,
  { snapshot, missing }: { snapshot: Snapshot; missing: Missing },
): Promise<Map<string, TableFacts>> {
  const names = Object.values(snapshot.tables).map((table) => ({
    schema: schemaOf(table),
    name: table.name,
    foundIn: copyName(table),
  }));
  const copy = copyOf(snapshot);
  const previous = { ...copy, tables: {}, enums: without(snapshot.enums, missing.enums) };
  await session.execute("savepoint devora_push");
  for (const name of new Set([...missing.schemas, ...names.map((table) => table.foundIn)])) {
    await session.execute(`create schema ${quoted(name)}`);
  }
  for (const statement of await kit.statementsBetween(previous, copy)) await runStatement(session, statement);
  const facts = await readTables(session, names);
  await session.execute("rollback to savepoint devora_push; release savepoint devora_push");
  if (facts.size !== names.length) {
    throw new SchemaError("PUSH_REFUSED", "push: drizzle-kit made fewer tables than the schema has.");
  }
  return facts;
}

const copyName = (table: SnapshotTable): string => `devora_push_${schemaOf(table)}`;

const without = <T>(all: Readonly<Record<string, T>>, some: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(all).filter(([key]) => !(key in some)));

function copyOf(snapshot: Snapshot): Snapshot {
  const tables = Object.values(snapshot.tables).map((table): [string, SnapshotTable] => {
    const schema = copyName(table);
    // drizzle-kit names the table inside checks and expressions, with its schema.
    const own = table.schema === "" ? [] : [`${quoted(table.schema)}.${quoted(table.name)}.`];
    const unqualified = (text: string) =>
      own.reduce((rest, prefix) => rest.replaceAll(prefix, `${quoted(table.name)}.`), text);
    return [
      `${schema}.${table.name}`,
      {
        ...table,
        schema,
        columns: mapValues(table.columns, (column) =>
          column.identity ? { ...column, identity: { ...column.identity, schema } } : column,
        ),
        indexes: mapValues(table.indexes, (index) => ({
          ...index,
          columns: index.columns.map((column) => ({
            ...column,
            expression: unqualified(column.expression),
          })),
          ...(index.where === undefined ? {} : { where: unqualified(index.where) }),
        })),
        checkConstraints: mapValues(table.checkConstraints, (check) => ({
          ...check,
          value: unqualified(check.value),
        })),
        foreignKeys: {},
      },
    ];
  });
  return { ...snapshot, tables: Object.fromEntries(tables) };
}

const mapValues = <T>(values: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
