import { type Database, newId, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { RowSecurityFacts, TableFacts } from "./facts.ts";
import type { Column, Table } from "./read-catalogue.ts";
import { inRole } from "./scopes.ts";

/** A row as `to_jsonb` shows it. */
export type JsonRow = Readonly<Record<string, unknown>>;

/** The rows that a matrix is tried with. */
export interface PlantedRows {
  /** Two users who own a row, or two, of every owned table. */
  alice: string;
  bob: string;
  /** Every planted row of a table. */
  of(table: Table): readonly { owner: string | null; row: JsonRow }[];
  /** How many rows the table has, those of triggers included. */
  total(table: Table): number;
  /** A user's row of a table; `null`: the row without an owner. */
  one(table: Table, owner: string | null): JsonRow;
  /** A row that is not in the database yet. Its parents have no children yet, where they could be made so. */
  fresh(table: Table, owner: string | null): Record<string, unknown>;
}

/** The rows that {@link plantRows} makes, for tables without owner under this name. */
const ownerless = null;

/**
 * Gives two users rows of every table, made from the catalogue: columns that must be filled by their type, foreign
 * keys by the same user's parents. A table whose owner may be null gets such a row too.
 * Written as devora_service, without touching app.user_id.
 */
export async function plantRows(
  db: Database,
  tables: readonly Table[],
  facts: RowSecurityFacts,
): Promise<PlantedRows> {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const planted = new Map<string, { owner: string | null; row: JsonRow; spare: boolean }[]>();
  const [alice, bob] = [newId(), newId()];
  const factsOf = (table: Table): TableFacts => facts.tables[table.name] ?? { owner: null };
  const rowsOfTable = (table: Table) => planted.get(table.name) ?? [];

  const find = (table: Table, owner: string | null, spare: boolean): JsonRow => {
    const wanted = factsOf(table).owner === null ? ownerless : owner;
    const own = rowsOfTable(table).filter((entry) => entry.owner === wanted);
    const found = own.find((entry) => entry.spare === spare) ?? own[0];
    if (!found) throw new Error(`plantRows: ${table.name} has no row of the owner asked for.`);
    return found.row;
  };
  const make = (table: Table, owner: string | null, spare: boolean): Record<string, unknown> => {
    const row = fillColumns(table, factsOf(table), owner);
    for (const key of table.foreignKeys) {
      const parent = byName.get(key.parent);
      if (!parent || parent === table) continue;
      const values = find(parent, owner, spare);
      key.columns.forEach((column, place) => {
        row[column] = values[key.parentColumns[place] ?? ""];
      });
    }
    return row;
  };

  const ordered = parentsFirst(tables, byName);
  const totals = new Map<string, number>();
  await inRole(db, "devora_service", async (tx) => {
    for (const table of ordered) {
      const entries: { owner: string | null; row: JsonRow; spare: boolean }[] = [];
      planted.set(table.name, entries);
      for (const { owner, spare } of wantedRows(table, factsOf(table), [alice, bob])) {
        entries.push({ owner, spare, row: await insertRow(tx, table, make(table, owner, false)) });
      }
    }
    for (const table of ordered) totals.set(table.name, await countRows(tx, table));
  });
  return {
    alice,
    bob,
    of: rowsOfTable,
    total: (table) => totals.get(table.name) ?? 0,
    one: (table, owner) => find(table, owner, false),
    fresh: (table, owner) => make(table, owner, true),
  };
}

function wantedRows(table: Table, { owner }: TableFacts, users: readonly string[]) {
  if (owner === null) return [{ owner: ownerless, spare: false }];
  const rows: { owner: string | null; spare: boolean }[] = users.map((user) => ({
    owner: user,
    spare: false,
  }));
  if (!oneChildPerParent(table, owner)) {
    rows.push(...users.map((user) => ({ owner: user, spare: true })));
  }
  if (!table.columns.find((column) => column.name === owner)?.notNull) {
    rows.push({ owner: null, spare: false });
  }
  return rows;
}

/** Would a second row of the same owner and parents violate a unique key? */
function oneChildPerParent(table: Table, owner: string): boolean {
  const given = new Set([owner, ...table.foreignKeys.flatMap((key) => key.columns)]);
  return table.uniques.some((unique) => unique.columns.every((column) => given.has(column)));
}

async function insertRow(tx: Database, table: Table, row: Record<string, unknown>): Promise<JsonRow> {
  const target = identifierOf(table);
  const columns = sql.join(
    Object.keys(row).map((column) => sql.identifier(column)),
    sql`, `,
  );
  const [inserted] = await rowsOf<{ row: JsonRow }>(
    tx,
    sql`insert into ${target} as planted (${columns})
        select ${columns} from jsonb_populate_record(null::${target}, ${JSON.stringify(row)}::jsonb)
        returning to_jsonb(planted) as row`,
  );
  if (!inserted) throw new Error(`plantRows: nothing was inserted into ${table.name}.`);
  return inserted.row;
}

async function countRows(tx: Database, table: Table): Promise<number> {
  const [row] = await rowsOf(tx, sql`select count(*)::int as total from ${identifierOf(table)}`);
  return Number(row?.total);
}

function identifierOf(table: Table): SQL {
  const [schema = "", name = ""] = table.name.split(".");
  return sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
}

function parentsFirst(tables: readonly Table[], byName: ReadonlyMap<string, Table>): Table[] {
  const ordered = new Set<Table>();
  const visit = (table: Table): void => {
    for (const key of table.foreignKeys) {
      const parent = byName.get(key.parent);
      if (parent && parent !== table && !ordered.has(parent)) visit(parent);
    }
    ordered.add(table);
  };
  for (const table of tables) visit(table);
  return [...ordered];
}

function fillColumns(table: Table, facts: TableFacts, owner: string | null): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const column of table.columns) {
    if (column.computed) continue;
    const declared = facts.values?.[column.name];
    if (column.name === facts.owner) row[column.name] = owner;
    else if (declared !== undefined) row[column.name] = declared;
    else if (column.notNull && !column.hasDefault) row[column.name] = makeValue(table, column);
  }
  return row;
}

let counter = 0;

/** A value that no other row has, where the type has enough of them. */
function makeValue(table: Table, column: Column): unknown {
  counter += 1;
  switch (column.type) {
    case "uuid":
      return newId();
    case "text":
      return `text ${counter}`;
    case "smallint":
    case "integer":
    case "bigint":
      return counter;
    case "real":
    case "double precision":
    case "numeric":
      return 1;
    case "boolean":
      return true;
    case "date":
      return new Date(Date.UTC(2020, 0, counter)).toISOString().slice(0, 10);
    case "timestamp with time zone":
      return new Date(Date.UTC(2026, 0, 1, 0, 0, counter)).toISOString();
    case "jsonb":
      return {};
    case "bytea":
      return "\\x00";
    case "text[]":
      return [];
    case "halfvec":
    case "public.halfvec":
      return "[1,2,3]";
    default:
      throw new Error(
        `plantRows: no value for ${table.name}.${column.name} of type ${column.type}. Declare one in the table's facts: values: { ${column.name}: … }.`,
      );
  }
}
