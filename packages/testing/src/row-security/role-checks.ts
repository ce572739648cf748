import type { Check } from "./check.ts";
import type { TableFacts, Verb } from "./facts.ts";
import { quoted, quotedList, type Table } from "./read-catalogue.ts";
import type { PlantedRows } from "./rows.ts";

const verbs: readonly Verb[] = ["select", "insert", "update", "delete"];

/** devora_service sees and writes all rows of every table, truncates none, and touches no partition directly. */
export const serviceChecks = (table: Table, _facts: TableFacts, rows: PlantedRows): Check[] =>
  checksOfRole(table, rows, verbs);

/** devora_definer sees all rows of the tables that its functions need, and has no other right. */
export const definerChecks = (table: Table, facts: TableFacts, rows: PlantedRows): Check[] =>
  checksOfRole(table, rows, facts.definer ?? []);

function checksOfRole(table: Table, rows: PlantedRows, granted: readonly Verb[]): Check[] {
  const name = quoted(table.name);
  const columns = table.columns.filter(({ computed }) => !computed).map((column) => column.name);
  const list = quotedList(columns);
  const column = quoted(columns[0] ?? "");
  const can = (...needs: Verb[]) => needs.every((verb) => granted.includes(verb));
  const check = (verb: string, statement: string, right: boolean, touched = 0): Check => ({
    subject: table.name,
    verb,
    statement,
    me: null,
    victim: null,
    states: [right ? "00000" : "42501"],
    touched,
  });
  const all = rows.total(table);
  return [
    check("select all", `select from ${name}`, can("select"), all),
    check(
      "insert",
      `insert into ${name} (${list}) select ${list} from jsonb_populate_record(null::${name}, '{}') where false`,
      can("insert"),
    ),
    check("update all", `update ${name} set ${column} = ${column}`, can("update"), all),
    check("delete", `delete from ${name} where false`, can("delete")),
    check("truncate", `truncate ${name} cascade`, false),
    ...table.partitions.map((partition) => ({
      ...check("select partition", `select from ${quoted(partition)}`, false),
      subject: partition,
    })),
  ];
}
