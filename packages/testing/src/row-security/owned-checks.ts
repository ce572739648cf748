import {
  type Check,
  denied,
  done,
  insertStatement,
  keyOf,
  ownedKeys,
  parentValues,
  type Subject,
  toCheck,
  touchableColumn,
  truncate,
  type Wanted,
} from "./check.ts";
import type { Verb } from "./facts.ts";
import { pathNames } from "./paths.ts";
import { quoted, quotedList } from "./read-catalogue.ts";

const orphan = "23503";

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
