import type { SnapshotTable } from "./kit.ts";
import { keyOf, quoted, quotedTable, schemaOf } from "./names.ts";
import type { TableFacts } from "./table-facts.ts";

/** The column that names the owner of a row, by the convention of this package. */
export const ownerColumnOf = (facts: TableFacts | undefined): string | undefined =>
  ["user_id", "owner_id"].find((name) => facts?.columns.has(name));

/**
 * Row level security of a new table: its owner's rows, all rows for the service, and the grants of both, which
 * include the sequences of its serial columns.
 */
export function protectStatements(table: SnapshotTable, facts: TableFacts | undefined): string[] {
  const ownerColumn = ownerColumnOf(facts);
  if (ownerColumn === undefined) return [];
  const sequences = [...(facts?.columns.values() ?? [])]
    .map((column) => /^nextval\('(.+)'::regclass\)$/.exec(column.default ?? "")?.[1]?.replaceAll("''", "'"))
    .filter((name) => name !== undefined);
  return [
    `select devora.protect_table(${literal(quotedTable(table))}, ${literal(ownerColumn)})`,
    ...sequences.map((name) => `grant usage on sequence ${name} to devora_app, devora_service`),
  ];
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A PostgreSQL schema, open to the roles of this package as far as its tables are. */
export const schemaStatements = (name: string): string[] => [
  `create schema ${quoted(name)}`,
  `grant usage on schema ${quoted(name)} to devora_app, devora_service`,
];

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
