import type { Baseline } from "./baseline.ts";
import { compareColumns } from "./compare-columns.ts";
import { compareForeignKeys } from "./compare-foreign-keys.ts";
import { compareParts, type PartKind } from "./compare-parts.ts";
import type { Discarded, Findings } from "./findings.ts";
import type { Snapshot, SnapshotEnum, SnapshotTable } from "./kit.ts";
import { keyOf } from "./names.ts";
import { ownerColumnOf, renameOf } from "./new-tables.ts";
import type { TableFacts } from "./table-facts.ts";

/** The schema and the database, both in PostgreSQL's words. */
export interface Sides {
  /** What the schema asks for, free of what push leaves alone. */
  snapshot: Snapshot;
  wanted: ReadonlyMap<string, TableFacts>;
  live: ReadonlyMap<string, TableFacts>;
  /** Tables beside the schema's, in the PostgreSQL schemas where it makes tables. */
  others: ReadonlyMap<string, TableFacts>;
  /** Labels of the enums that exist. */
  liveEnums: ReadonlyMap<string, readonly string[]>;
  baseline: Baseline;
}

export interface Plan {
  /** A part of the snapshot: what of it the database has. */
  previous: Snapshot;
  before: string[];
  /** Lines of the catalogue that go on purpose. */
  renamed: string[];
  newTables: SnapshotTable[];
  refused: string[];
  discarded: Discarded[];
}

/** What brings the database to the schema, and what of it push refuses. */
export function planOf(sides: Sides): Plan {
  const { snapshot, wanted, live, liveEnums } = sides;
  const tables = Object.entries(snapshot.tables);
  const known = tables.filter(([, table]) => live.has(keyOf(table)));
  const newTables = tables.map(([, table]) => table).filter((table) => !live.has(keyOf(table)));
  const compared = known.map(([key, table]) => {
    const parts = compareTable(table, sides);
    return { key, parts, previous: presentPartOf(table, parts) };
  });
  const findings = compared.flatMap(({ parts }) => Object.values(parts));
  return {
    previous: {
      ...snapshot,
      tables: Object.fromEntries(compared.map(({ key, previous }) => [key, previous])),
      enums: Object.fromEntries(
        Object.entries(snapshot.enums).filter(([, type]) => liveEnums.has(keyOf(type))),
      ),
    },
    before: findings.flatMap((finding) => finding.before),
    renamed: findings.flatMap((finding) => finding.renamed),
    newTables,
    refused: [
      ...findings.flatMap((finding) => finding.refused),
      ...known.flatMap(([, table]) => primaryKeyRefusal(table, sides)),
      ...Object.values(snapshot.enums).flatMap((type) => enumRefusal(type, liveEnums)),
      ...newTables.flatMap((table) => [
        ...renameOf(table, { wanted, others: sides.others }),
        ...(ownerColumnOf(wanted.get(keyOf(table))) === undefined ? [ownerRefusal(table)] : []),
      ]),
    ],
    discarded: findings.flatMap((finding) => finding.discarded),
  };
}

type PartName = "columns" | "indexes" | "checkConstraints" | "uniqueConstraints" | "foreignKeys";

function compareTable(table: SnapshotTable, sides: Sides): Record<PartName, Findings> {
  const wanted = factsOf(sides.wanted, table);
  const live = factsOf(sides.live, table);
  const byMigration = (name: string, link?: string) => sides.baseline.byMigration(table, name, link);
  const parts = (kind: PartKind, from: "indexes" | "checks" | "uniques") =>
    compareParts(table, { kind, wanted: wanted[from], live: live[from], byMigration });
  return {
    columns: compareColumns(table, wanted.columns, live.columns),
    indexes: parts("index", "indexes"),
    checkConstraints: parts("check", "checks"),
    uniqueConstraints: parts("unique constraint", "uniques"),
    foreignKeys: compareForeignKeys(table, {
      wanted: table.foreignKeys,
      live: live.foreignKeys,
      byMigration,
    }),
  };
}

/** The table without what is missing: the difference to the whole is then what drizzle-kit writes. */
function presentPartOf(table: SnapshotTable, parts: Record<PartName, Findings>): SnapshotTable {
  const present = <T>(part: PartName, all: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !parts[part].missing.includes(name)));
  return {
    ...table,
    columns: present("columns", table.columns),
    indexes: present("indexes", table.indexes),
    checkConstraints: present("checkConstraints", table.checkConstraints),
    uniqueConstraints: present("uniqueConstraints", table.uniqueConstraints),
    foreignKeys: present("foreignKeys", table.foreignKeys),
  };
}

function factsOf(facts: ReadonlyMap<string, TableFacts>, table: SnapshotTable): TableFacts {
  const found = facts.get(keyOf(table));
  if (found === undefined) throw new Error(`push: no facts of ${keyOf(table)}`);
  return found;
}

function primaryKeyRefusal(table: SnapshotTable, { wanted, live }: Sides): string[] {
  const before = factsOf(live, table).primaryKey;
  const after = factsOf(wanted, table).primaryKey;
  return before === after
    ? []
    : [`primary key of ${keyOf(table)} would change from ${before ?? "none"} to ${after ?? "none"}`];
}

function enumRefusal(type: SnapshotEnum, liveEnums: Sides["liveEnums"]): string[] {
  const labels = liveEnums.get(keyOf(type));
  return labels === undefined || labels.join() === type.values.join()
    ? []
    : [`type ${keyOf(type)} has other values than the schema's`];
}

const ownerRefusal = (table: SnapshotTable): string =>
  `table ${keyOf(table)} is new and has neither user_id nor owner_id, so push cannot tell who may see its rows; make it by a migration that ends with select devora.protect_internal_table('${keyOf(table)}') or with policies of its own`;
