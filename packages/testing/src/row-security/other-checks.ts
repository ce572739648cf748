import {
  type Check,
  denied,
  done,
  insertStatement,
  type Subject,
  toCheck,
  touchableColumn,
  truncate,
  type Wanted,
} from "./check.ts";
import type { RowSecurityFacts } from "./facts.ts";
import { pathNames } from "./paths.ts";
import type { Principal } from "./principals.ts";
import { quoted, quotedList } from "./read-catalogue.ts";

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
