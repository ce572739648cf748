import type { Attempt } from "./attempts.ts";
import type { RowSecurityFacts, TableFacts, Verb } from "./facts.ts";
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

const denied = "42501";
const done = "00000";
const orphan = "23503";

/** What the checks of one table and principal have in common. */
export interface Subject {
  table: Table;
  facts: TableFacts;
  rows: PlantedRows;
  principal: Principal;
  /** Tables that have an owner. */
  ownedTables: ReadonlySet<string>;
}

interface Wanted {
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

/** All checks of an owned table. Those that touch nothing stand beside those that must touch the own rows. */
export function ownedTableChecks(subject: Subject): Check[] {
  const { table, facts, rows, principal } = subject;
  const owner = `t.${quoted(facts.owner ?? "")}`;
  const name = quoted(table.name);
  const own = rows.of(table).filter((entry) => entry.owner !== null && entry.owner === principal.me).length;
  const common = { name, own, foreign: `(${owner}::text = $2) is not true`, mine: `${owner}::text = $2` };
  return [
    ...reads(subject, common),
    ...inserts(subject),
    ...updates(subject, common),
    ...deletes(common),
    ...merges(subject, common),
    ...upserts(subject),
    truncate(name),
  ].map((wanted) => toCheck(subject, wanted));
}

interface Common {
  name: string;
  own: number;
  foreign: string;
  mine: string;
}

/** Names of the paths that {@link makePaths} makes for a table. */
export const pathNames = (table: Table) => {
  const suffix = table.name.replace(".", "_");
  return { view: quoted(`pg_temp.view_of_${suffix}`), rows: quoted(`pg_temp.rows_of_${suffix}`) };
};

/** A view with the reader's rights and a function whose plan is kept, over a table: two more ways to its rows. */
export function makePaths(table: Table): string[] {
  const { view, rows } = pathNames(table);
  const name = quoted(table.name);
  return [
    `create or replace temp view ${view.slice(view.indexOf(".") + 1)} with (security_invoker = true) as select * from ${name}`,
    `grant select on ${view} to devora_app`,
    `create or replace function ${rows}() returns setof ${name} language plpgsql stable as $$ begin return query select * from ${name}; end $$`,
  ];
}

function reads({ table, rows, principal }: Subject, { name, own, foreign, mine }: Common): Wanted[] {
  const needs: Verb[] = ["select"];
  const paths = pathNames(table);
  const key = keyOf(table);
  const from = (path: string, source: string): Wanted[] => [
    { verb: `select ${path}`, needs, statement: `select from ${source} where ${foreign}` },
    ...(principal.me === null
      ? []
      : [
          {
            verb: `select own ${path}`,
            needs,
            statement: `select from ${source} where ${mine}`,
            touched: own,
          },
        ]),
  ];
  return [
    ...from("directly", `${name} t`),
    ...from("by view", `${paths.view} t`),
    ...from("by function", `${paths.rows}() t`),
    ...from("by join", `${name} t join ${name} again on (${key("again")}) = (${key("t")})`),
    {
      verb: "select by key",
      needs,
      row: rows.one(table, principal.victim),
      statement: `select from ${name} t where (${key("t")}) = (select ${key("r")} from jsonb_populate_record(null::${name}, $1) r)`,
    },
    { verb: "select all", needs, statement: `select from ${name}`, touched: own },
    {
      verb: "select for update",
      needs: ["select", "update"],
      statement: `select from ${name} t where ${foreign} for update`,
    },
  ];
}

function inserts(subject: Subject): Wanted[] {
  const { table, facts, rows, principal } = subject;
  const { me, victim } = principal;
  const owner = facts.owner ?? "";
  const insert = (verb: string, row: Record<string, unknown>, expected: Partial<Wanted>): Wanted => ({
    verb,
    row,
    needs: ["insert"],
    statement: insertStatement(table, row),
    ...expected,
  });
  const checks = [insert("insert for another", rows.fresh(table, victim), { state: denied })];
  if (!table.columns.find((column) => column.name === owner)?.notNull) {
    checks.push(insert("insert for nobody", rows.fresh(table, null), { state: denied }));
  }
  if (me === null || principal.malformed) return checks;
  const hasRows = me === rows.alice || me === rows.bob;
  if (hasRows) checks.push(insert("insert own", rows.fresh(table, me), { touched: 1 }));
  for (const key of ownedKeys(subject)) {
    const row = { ...rows.fresh(table, hasRows ? me : victim), [owner]: me };
    for (const [column, value] of parentValues(subject, key)) row[column] = value;
    checks.push(insert(`insert under another's parent (${key.name})`, row, { state: orphan }));
  }
  return checks;
}

function updates(subject: Subject, { name, own, foreign, mine }: Common): Wanted[] {
  const { table, facts } = subject;
  const owner = facts.owner ?? "";
  const column = touchableColumn(table, facts);
  const touch = `update ${name} t set ${quoted(column)} = t.${quoted(column)}`;
  const ownerType = table.columns.find((candidate) => candidate.name === owner)?.type ?? "text";
  const needs: Verb[] = ["update"];
  const withRows = own > 0;
  const attach = ownedKeys(subject).map((key): Wanted => {
    const columns = key.columns.filter((name) => name !== owner);
    return {
      verb: `update to another's parent (${key.name})`,
      needs,
      updates: columns,
      row: Object.fromEntries(parentValues(subject, key)),
      statement: `update ${name} t set (${quotedList(columns)}) = (select ${quotedList(columns, "r.")} from jsonb_populate_record(null::${name}, $1) r) where ${mine}`,
      state: withRows ? orphan : done,
    };
  });
  return [
    { verb: "update another's", needs, updates: [column], statement: `${touch} where ${foreign}` },
    { verb: "update all", needs, updates: [column], statement: touch, touched: own },
    {
      verb: "take another's",
      needs,
      updates: [owner],
      statement: `update ${name} t set ${quoted(owner)} = $2::${ownerType} where ${foreign}`,
    },
    {
      verb: "give to another",
      needs,
      updates: [owner],
      statement: `update ${name} t set ${quoted(owner)} = $3::${ownerType} where ${mine}`,
      state: withRows ? denied : done,
    },
    {
      // Reads no column, so that the clause for new rows alone stands in the way.
      verb: "give all to another",
      needs,
      updates: [owner],
      statement: `update ${name} set ${quoted(owner)} = $3::${ownerType}`,
      state: withRows ? denied : done,
    },
    ...attach,
  ];
}

const deletes = ({ name, own, foreign }: Common): Wanted[] => [
  { verb: "delete another's", needs: ["delete"], statement: `delete from ${name} t where ${foreign}` },
  { verb: "delete all", needs: ["delete"], statement: `delete from ${name}`, touched: own },
];

function merges({ table, facts, rows, principal }: Subject, { name, own }: Common): Wanted[] {
  const key = keyOf(table);
  const column = quoted(touchableColumn(table, facts));
  const row = rows.one(table, principal.victim);
  const into = `merge into ${name} t using (select * from jsonb_populate_record(null::${name}, $1)) r on (${key("t")}) = (${key("r")})`;
  const fresh = rows.fresh(table, principal.victim);
  const columns = Object.keys(fresh);
  return [
    {
      verb: "merge update",
      needs: ["select", "update"],
      updates: [touchableColumn(table, facts)],
      row,
      statement: `${into} when matched then update set ${column} = r.${column}`,
    },
    {
      verb: "merge delete",
      needs: ["select", "delete"],
      row,
      statement: `${into} when matched then delete`,
    },
    {
      verb: "merge delete all",
      needs: ["select", "delete"],
      statement: `merge into ${name} t using (select 1) r on (${key("t")}) is not null when matched then delete`,
      touched: own,
    },
    {
      // Where a merge reads no column, PostgreSQL hides no row from it; it then refuses the first foreign one.
      verb: "merge delete all unread",
      needs: ["select", "delete"],
      statement: `merge into ${name} t using (select 1) r on true when matched then delete`,
      state: denied,
    },
    {
      verb: "merge insert",
      needs: ["select", "insert"],
      row: fresh,
      statement: `${into} when not matched then insert (${quotedList(columns)}) values (${quotedList(columns, "r.")})`,
      state: denied,
    },
  ];
}

/** Collisions with another's row on each key that does not hold the owner; for nobody the new row itself is refused. */
function upserts({ table, facts, rows, principal }: Subject): Wanted[] {
  const { me, victim } = principal;
  const owner = facts.owner ?? "";
  const column = touchableColumn(table, facts);
  const taken = rows.one(table, victim);
  const computed = new Set(table.columns.filter((entry) => entry.computed).map(({ name }) => name));
  const base = me === rows.alice || me === rows.bob ? rows.fresh(table, me) : rows.fresh(table, victim);
  return table.uniques
    .filter((unique) => !unique.columns.includes(owner))
    .filter((unique) => unique.columns.every((name) => taken[name] !== null && !computed.has(name)))
    .flatMap(({ columns, predicate }): Wanted[] => {
      const row: Record<string, unknown> = { ...base, [owner]: me ?? victim };
      for (const name of columns) row[name] = taken[name];
      const target = `on conflict (${quotedList(columns)}) ${predicate === null ? "" : `where ${predicate}`}`;
      const insert = insertStatement(table, row);
      const refused = me === null;
      return [
        {
          verb: `upsert update (${columns.join(", ")})`,
          needs: ["select", "insert", "update"],
          updates: [column],
          row,
          statement: `${insert} ${target} do update set ${quoted(column)} = excluded.${quoted(column)}`,
          state: denied,
        },
        {
          verb: `upsert nothing (${columns.join(", ")})`,
          needs: ["select", "insert"],
          row,
          statement: `${insert} ${target} do nothing`,
          state: refused ? denied : done,
        },
      ];
    });
}

const truncate = (name: string): Wanted => ({
  verb: "truncate",
  needs: [],
  statement: `truncate ${name} cascade`,
  state: denied,
});

/** Tables without an owner: devora_app reads those meant for all, and writes none. */
export function sharedTableChecks(subject: Subject): Check[] {
  const { table, facts, rows } = subject;
  const name = quoted(table.name);
  const column = quoted(touchableColumn(table, facts));
  const { view, rows: byFunction } = pathNames(table);
  const row = rows.fresh(table, null);
  const insert = insertStatement(table, row);
  const read = { needs: ["select"] as const, touched: rows.total(table) };
  const write = { needs: [], state: denied };
  const wanted: Wanted[] = [
    { verb: "select directly", statement: `select from ${name}`, ...read },
    { verb: "select by view", statement: `select from ${view}`, ...read },
    { verb: "select by function", statement: `select from ${byFunction}()`, ...read },
    { verb: "select for update", statement: `select from ${name} for update`, ...write },
    { verb: "insert", row, statement: insert, ...write },
    { verb: "update", statement: `update ${name} set ${column} = ${column}`, ...write },
    { verb: "delete", statement: `delete from ${name}`, ...write },
    {
      verb: "merge",
      statement: `merge into ${name} t using (select 1) r on true when matched then delete`,
      ...write,
    },
    { verb: "upsert nothing", row, statement: `${insert} on conflict do nothing`, ...write },
    {
      verb: "upsert update",
      row,
      statement: `${insert} on conflict (${quotedList(table.primaryKey)}) do update set ${column} = excluded.${column}`,
      ...write,
    },
    truncate(name),
  ];
  return wanted.map((check) => toCheck(subject, check));
}

/** Partitions: nobody reaches them but by their parent. */
export function partitionChecks({ table, facts, principal }: Subject, partition: string): Check[] {
  const name = quoted(partition);
  const column = quoted(touchableColumn(table, facts));
  const statements = {
    "select partition": `select from ${name}`,
    "insert partition": `insert into ${name} select * from ${name}`,
    "update partition": `update ${name} set ${column} = ${column}`,
    "delete partition": `delete from ${name}`,
    "merge partition": `merge into ${name} t using (select 1) r on true when matched then delete`,
    "truncate partition": `truncate ${name}`,
  };
  return Object.entries(statements).map(([verb, statement]) => ({
    subject: partition,
    verb,
    statement,
    me: principal.me,
    victim: principal.victim,
    states: [denied],
    touched: 0,
  }));
}

/** Views of the migrations: nobody sees another's rows in them, and who may not read them is refused. */
export function viewChecks(facts: RowSecurityFacts, principal: Principal): Check[] {
  return Object.entries(facts.views).map(([view, { owner, app }]) => ({
    subject: view,
    verb: "select from view",
    statement: `select from ${quoted(view)} ${app && owner ? `where (${quoted(owner)}::text = $2) is not true` : ""}`,
    me: principal.me,
    victim: principal.victim,
    states: [app ? done : denied, ...(principal.malformed ? ["22P02"] : [])],
    touched: 0,
  }));
}

function toCheck({ table, facts, principal }: Subject, wanted: Wanted): Check {
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

function insertStatement(table: Table, row: Record<string, unknown>): string {
  const columns = quotedList(Object.keys(row));
  return `insert into ${quoted(table.name)} (${columns}) select ${columns} from jsonb_populate_record(null::${quoted(table.name)}, $1)`;
}

const keyOf =
  (table: Table) =>
  (alias: string): string =>
    quotedList(table.primaryKey, `${alias}.`);

/** Keys to parents that have owners of their own, apart from the owner's own key to the users. */
const ownedKeys = ({ table, facts, ownedTables }: Subject): ForeignKey[] =>
  table.foreignKeys.filter(
    (key) => ownedTables.has(key.parent) && key.columns.some((column) => column !== facts.owner),
  );

/** The columns by which a row of mine would hang under the victim's parent. */
function parentValues({ table, facts, rows, principal }: Subject, key: ForeignKey): [string, unknown][] {
  const row = rows.one(table, principal.victim);
  return key.columns.filter((column) => column !== facts.owner).map((column) => [column, row[column]]);
}

/** A column that an update may set to itself: granted, and neither key nor owner nor computed. */
function touchableColumn(table: Table, { owner, appUpdates }: TableFacts): string {
  const fixed = new Set([owner, ...table.primaryKey, ...table.foreignKeys.flatMap((key) => key.columns)]);
  const free = table.columns.find(
    ({ name, computed }) => !computed && !fixed.has(name) && (appUpdates?.includes(name) ?? true),
  );
  return free?.name ?? table.columns.find(({ computed }) => !computed)?.name ?? "";
}
