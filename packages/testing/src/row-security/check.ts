import type { Attempt } from "./attempts.ts";
import type { TableFacts, Verb } from "./facts.ts";
import type { Principal } from "./principals.ts";
import { type ForeignKey, quoted, quotedList, type Table } from "./read-catalogue.ts";
import type { PlantedRows } from "./rows.ts";

/** One cell of the matrix. */
export interface Check extends Attempt {
  subject: string;
  verb: string;
  /** SQLSTATEs that are right; with `00000` the number of rows as well. */
  states: readonly string[];
  touched: number;
}

export const denied = "42501";
export const done = "00000";

/** What the checks of one table and principal have in common. */
export interface Subject {
  table: Table;
  facts: TableFacts;
  rows: PlantedRows;
  principal: Principal;
  /** Tables that have an owner. */
  ownedTables: ReadonlySet<string>;
}

/** A statement, what it takes, and what should come of it. */
export interface Wanted {
  verb: string;
  statement: string;
  needs: readonly Verb[];
  /** Columns that it updates, where updates are granted by column. */
  updates?: readonly string[];
  row?: unknown;
  /** Expected SQLSTATE where the verbs are granted. Default `00000`. */
  state?: string;
  /** Expected rows where it goes through. Default 0. */
  touched?: number;
}

export function toCheck({ table, facts, principal }: Subject, wanted: Wanted): Check {
  const granted = wanted.needs.every((verb) => isGranted(facts, verb, wanted.updates));
  const ownerType = table.columns.find((column) => column.name === facts.owner)?.type;
  const state = granted ? (wanted.state ?? done) : denied;
  return {
    subject: table.name,
    verb: wanted.verb,
    statement: wanted.statement,
    row: wanted.row,
    me: principal.me,
    victim: principal.victim,
    states: principal.malformed && ownerType === "uuid" ? [state, "22P02"] : [state],
    touched: wanted.touched ?? 0,
  };
}

function isGranted(
  { app = [], appUpdates = [] }: TableFacts,
  verb: Verb,
  columns: readonly string[] = [],
): boolean {
  if (app.includes(verb)) return true;
  if (verb !== "update") return false;
  // Locking rows needs the right to update any column.
  return appUpdates.length > 0 && columns.every((column) => appUpdates.includes(column));
}

export function insertStatement(table: Table, row: Record<string, unknown>): string {
  const columns = quotedList(Object.keys(row));
  return `insert into ${quoted(table.name)} (${columns}) select ${columns} from jsonb_populate_record(null::${quoted(table.name)}, $1)`;
}

export const keyOf =
  (table: Table) =>
  (alias: string): string =>
    quotedList(table.primaryKey, `${alias}.`);

/** Keys to parents that have owners of their own, apart from the owner's own key to the users. */
export const ownedKeys = ({ table, facts, ownedTables }: Subject): ForeignKey[] =>
  table.foreignKeys.filter(
    (key) => ownedTables.has(key.parent) && key.columns.some((column) => column !== facts.owner),
  );

/** The columns by which a row of mine would hang under the victim's parent. */
export function parentValues(
  { table, facts, rows, principal }: Subject,
  key: ForeignKey,
): [string, unknown][] {
  const row = rows.one(table, principal.victim);
  return key.columns.filter((column) => column !== facts.owner).map((column) => [column, row[column]]);
}

/** A column that an update may set to itself: granted, and neither key nor owner nor computed. */
export function touchableColumn(table: Table, { owner, appUpdates }: TableFacts): string {
  const fixed = new Set([owner, ...table.primaryKey, ...table.foreignKeys.flatMap((key) => key.columns)]);
  const free = table.columns.find(
    ({ name, computed }) => !computed && !fixed.has(name) && (appUpdates?.includes(name) ?? true),
  );
  return free?.name ?? table.columns.find(({ computed }) => !computed)?.name ?? "";
}

/** The one verb that policies do not bind. */
export const truncate = (name: string): Wanted => ({
  verb: "truncate",
  needs: [],
  statement: `truncate ${name} cascade`,
  state: denied,
});
