import type { SnapshotTable } from "./kit.ts";
import { keyOf, quoted, quotedTable, schemaOf } from "./names.ts";
import type { TableFacts } from "./table-facts.ts";

/** The column that names the owner of a row, by the convention of this package. */
export const ownerColumnOf = (facts: TableFacts | undefined): string | undefined =>
  ["user_id", "owner_id"].find((name) => facts?.columns.has(name));

/** Row level security of a new table: its owner's rows, all rows for the service, and the grants of both. */
export const protectStatement = (table: SnapshotTable, ownerColumn: string): string =>
  `select devora.protect_table(${literal(quotedTable(table))}, ${literal(ownerColumn)})`;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** PostgreSQL schemas that do not exist yet, open to the roles of this package as far as their tables are. */
export function schemaStatements(tables: readonly SnapshotTable[], existing: ReadonlySet<string>): string[] {
  const missing = new Set(tables.map(schemaOf).filter((name) => !existing.has(name)));
  return [...missing].flatMap((name) => [
    `create schema ${quoted(name)}`,
    `grant usage on schema ${quoted(name)} to devora_app, devora_service`,
  ]);
}

/**
 * A refusal where a new table has exactly the columns of one that the schema does not name: rather renamed than new.
 * Made anew it would be empty, with the rows left behind under the old name.
 */
export function renameOf(
  table: SnapshotTable,
  { wanted, others }: { wanted: ReadonlyMap<string, TableFacts>; others: ReadonlyMap<string, TableFacts> },
): string[] {
  const columns = columnsOf(wanted.get(keyOf(table)));
  const twin = [...others].find(
    ([key, facts]) => key.startsWith(`${schemaOf(table)}.`) && columnsOf(facts) === columns,
  );
  return twin === undefined
    ? []
    : [
        `table ${keyOf(table)} is new and has the columns of ${twin[0]}, which is not in the schema; if that is a rename, rename it in the database first, otherwise keep both in the schema`,
      ];
}

const columnsOf = (facts: TableFacts | undefined): string =>
  JSON.stringify([...(facts?.columns ?? [])].map(([name, { type }]) => `${name} ${type}`).sort());
