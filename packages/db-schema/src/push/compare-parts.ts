import { type Findings, judgeExtra, noFindings } from "./findings.ts";
import type { SnapshotTable } from "./kit.ts";
import { keyOf, quoted, quotedTable, schemaOf } from "./names.ts";

/** Parts of a table that PostgreSQL describes by one text: their names are unique, their definitions comparable. */
export type PartKind = "index" | "check" | "unique constraint";

export interface Parts {
  kind: PartKind;
  wanted: ReadonlyMap<string, string>;
  live: ReadonlyMap<string, string>;
  /** Did a migration of this package make it, without the Drizzle table saying so? */
  byMigration: (name: string) => boolean;
}

/** Compares the indexes, checks or unique constraints of one table. */
export function compareParts(table: SnapshotTable, { kind, wanted, live, byMigration }: Parts): Findings {
  const findings = noFindings();
  const dropOf = (name: string) =>
    kind === "index"
      ? `drop index ${quoted(schemaOf(table))}.${quoted(name)}`
      : `alter table ${quotedTable(table)} drop constraint ${quoted(name)}`;
  for (const [name, definition] of wanted) {
    const current = live.get(name);
    if (current === definition) continue;
    if (current !== undefined && kind === "index" && current === nullsNotDistinct(definition)) {
      findings.discarded.push({
        statement: dropOf(name),
        reason: "It is NULLS NOT DISTINCT, which a Drizzle index cannot say.",
      });
      continue;
    }
    if (current !== undefined) findings.before.push(dropOf(name));
    findings.missing.push(name);
  }
  for (const name of live.keys()) {
    if (wanted.has(name)) continue;
    const judged = judgeExtra(`${kind} ${name} of ${keyOf(table)}`, {
      statement: dropOf(name),
      byMigration: byMigration(name),
    });
    findings.refused.push(...judged.refused);
    findings.discarded.push(...judged.discarded);
  }
  return findings;
}

/** The definition of a unique index as it would read with `nulls not distinct`, which stands before `where`. */
function nullsNotDistinct(definition: string): string | undefined {
  if (!definition.startsWith("UNIQUE ")) return undefined;
  const where = definition.indexOf(" WHERE ");
  const end = where === -1 ? definition.length : where;
  return `${definition.slice(0, end)} NULLS NOT DISTINCT${definition.slice(end)}`;
}
