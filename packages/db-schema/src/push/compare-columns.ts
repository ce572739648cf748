import { type Findings, noFindings } from "./findings.ts";
import type { SnapshotTable } from "./kit.ts";
import { keyOf, quoted, quotedTable } from "./names.ts";
import type { ColumnFacts } from "./table-facts.ts";

/** Compares the columns of one table; both by name. */
export function compareColumns(
  table: SnapshotTable,
  wanted: ReadonlyMap<string, ColumnFacts>,
  live: ReadonlyMap<string, ColumnFacts>,
): Findings {
  const missing = [...wanted.keys()].filter((name) => !live.has(name));
  const gone = [...live.keys()].filter((name) => !wanted.has(name));
  const refused = gone.map(
    (name) => `column ${keyOf(table)}.${name} is not in the schema${renameHint(missing)}`,
  );
  const before: string[] = [];
  for (const [name, column] of wanted) {
    const current = live.get(name);
    if (current === undefined) continue;
    const obstacle = obstacleOf(current, column);
    if (obstacle !== undefined) refused.push(`column ${keyOf(table)}.${name}: ${obstacle}`);
    else before.push(...alterations(table, name, { current, column }));
  }
  return { ...noFindings(), missing, before, refused };
}

const renameHint = (missing: readonly string[]): string =>
  missing.length === 0
    ? ""
    : ` (and ${missing.join(", ")} not in the database; if that is a rename, rename it in the database first)`;

function obstacleOf(current: ColumnFacts, wanted: ColumnFacts): string | undefined {
  if (current.generated !== wanted.generated) return "its generation expression changes";
  if (current.identity !== wanted.identity) return "its identity changes";
  if (current.type === wanted.type || widens(current.type, wanted.type)) return undefined;
  return `its type ${current.type} would become ${wanted.type}, which may lose values`;
}

const wider: Record<string, readonly string[]> = {
  smallint: ["integer", "bigint"],
  integer: ["bigint"],
  real: ["double precision"],
  "character varying": ["text"],
};

/** Does every value of one type fit the other, unchanged? */
export function widens(from: string, to: string): boolean {
  if (wider[from]?.includes(to)) return true;
  const length = /^character varying\((\d+)\)$/;
  const [, before] = length.exec(from) ?? [];
  if (before === undefined) return false;
  const [, after] = length.exec(to) ?? [];
  return to === "text" || to === "character varying" || Number(after) > Number(before);
}

function alterations(
  table: SnapshotTable,
  name: string,
  { current, column }: { current: ColumnFacts; column: ColumnFacts },
): string[] {
  const alter = (change: string) =>
    `alter table ${quotedTable(table)} alter column ${quoted(name)} ${change}`;
  const statements: string[] = [];
  if (current.type !== column.type) statements.push(alter(`type ${column.type}`));
  if (current.default !== column.default) {
    statements.push(alter(column.default === null ? "drop default" : `set default ${column.default}`));
  }
  if (current.notNull !== column.notNull) {
    statements.push(alter(column.notNull ? "set not null" : "drop not null"));
  }
  return statements;
}
