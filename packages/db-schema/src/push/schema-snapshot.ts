import { SchemaError } from "../errors.ts";
import type { Missing } from "./copy.ts";
import type { Discarded } from "./findings.ts";
import type { Snapshot, SnapshotTable } from "./kit.ts";
import type { Live } from "./live.ts";
import { keyOf, quotedTable, schemaOf } from "./names.ts";

/**
 * The part of a snapshot that push brings to the database: tables with their columns, keys, checks and indexes, and
 * enums. The rest is told as discarded.
 * @throws {SchemaError} INVALID_OPTION for a schema without tables
 */
export function narrow(snapshot: Snapshot): { snapshot: Snapshot; discarded: Discarded[] } {
  const tables = Object.entries(snapshot.tables);
  if (tables.length === 0) {
    throw new SchemaError(
      "INVALID_OPTION",
      "push: schema holds no Drizzle table. Pass the exports of a schema file (import * as schema), or nothing for the tables of this package.",
    );
  }
  // Views declared as existing are made by somebody else, and drizzle-kit leaves them alone too.
  const views = Object.entries(snapshot.views).filter(([, view]) => !view.isExisting);
  const others = [
    ...views.map(([name]) => `create view ${name}`),
    ...Object.keys(snapshot.sequences).map((name) => `create sequence ${name}`),
    ...Object.keys(snapshot.roles).map((name) => `create role ${name}`),
    ...Object.keys(snapshot.policies).map((name) => `create policy ${name}`),
  ].map((statement) => ({
    statement,
    reason: "Push makes tables and enums alone; write a migration.",
  }));
  return {
    snapshot: {
      ...snapshot,
      tables: Object.fromEntries(tables.map(([key, table]) => [key, withoutPolicies(table)])),
      schemas: {},
      views: {},
      sequences: {},
      roles: {},
      policies: {},
    },
    discarded: [...others, ...tables.flatMap(([, table]) => policiesOf(table))],
  };
}

/** Without `concurrently` too: everything happens in one transaction. */
const withoutPolicies = (table: SnapshotTable): SnapshotTable => ({
  ...table,
  policies: {},
  isRLSEnabled: false,
  indexes: Object.fromEntries(
    Object.entries(table.indexes).map(([name, index]) => [name, { ...index, concurrently: false }]),
  ),
});

const policiesOf = (table: SnapshotTable): Discarded[] => [
  ...Object.keys(table.policies).map((name) => ({
    statement: `create policy ${name} on ${quotedTable(table)}`,
    reason: policyReason,
  })),
  ...(table.isRLSEnabled
    ? [{ statement: `alter table ${quotedTable(table)} enable row level security`, reason: policyReason }]
    : []),
];

const policyReason =
  "Push touches no policy: a new table gets those of devora.protect_table, others come by a migration.";

/** The statements in an order in which they run: foreign keys last, after the unique constraints they refer to. */
export const foreignKeysLast = (statements: readonly string[]): string[] => {
  const isForeignKey = (statement: string) => /^ALTER TABLE .* FOREIGN KEY /.test(statement);
  return [...statements.filter((statement) => !isForeignKey(statement)), ...statements.filter(isForeignKey)];
};

/** What the tables of a snapshot need and the database lacks. */
export function missingOf(snapshot: Snapshot, live: Pick<Live, "enums" | "schemas">): Missing {
  const enums = Object.entries(snapshot.enums).filter(([, type]) => !live.enums.has(keyOf(type)));
  const schemas = [...Object.values(snapshot.tables), ...enums.map(([, type]) => type)].map(schemaOf);
  return {
    enums: Object.fromEntries(enums),
    schemas: [...new Set(schemas)].filter((name) => !live.schemas.has(name)),
  };
}
