import { type Findings, judgeExtra, noFindings } from "./findings.ts";
import { constraintLine } from "./guard.ts";
import type { SnapshotForeignKey, SnapshotTable } from "./kit.ts";
import { keyOf, quoted, quotedTable } from "./names.ts";
import type { ForeignKeyFacts } from "./table-facts.ts";

export interface ForeignKeys {
  wanted: Readonly<Record<string, SnapshotForeignKey>>;
  live: ReadonlyMap<string, ForeignKeyFacts>;
  /** Did a migration of this package make it, without the Drizzle table saying so? */
  byMigration: (name: string, link: string) => boolean;
}

/**
 * Compares the foreign keys of one table by what they link, because Drizzle and the migrations name them differently:
 * a key with the same columns is the same key, and is replaced when its actions differ.
 */
export function compareForeignKeys(
  table: SnapshotTable,
  { wanted, live, byMigration }: ForeignKeys,
): Findings {
  const findings = noFindings();
  const wantedLinks = new Set(Object.values(wanted).map(linkOf));
  const dropOf = (name: string) => `alter table ${quotedTable(table)} drop constraint ${quoted(name)}`;
  for (const [name, key] of Object.entries(wanted)) {
    const same = [...live].filter(([, current]) => liveLinkOf(current) === linkOf(key));
    const equal = same.find(([, current]) => sameActions(current, key));
    if (equal === undefined) {
      findings.missing.push(name);
      findings.before.push(...same.map(([old]) => dropOf(old)));
      findings.renamed.push(...same.map(([old]) => constraintLine(table, old)));
    } else if (/SET (NULL|DEFAULT) \(/.test(equal[1].definition)) {
      findings.discarded.push({
        statement: dropOf(equal[0]),
        reason: "It sets one of its columns alone, which Drizzle cannot say.",
      });
    }
  }
  for (const [name, key] of live) {
    if (wantedLinks.has(liveLinkOf(key))) continue;
    const judged = judgeExtra(`foreign key ${name} of ${keyOf(table)}`, {
      statement: dropOf(name),
      byMigration: byMigration(name, liveLinkOf(key)),
    });
    findings.refused.push(...judged.refused);
    findings.discarded.push(...judged.discarded);
  }
  return findings;
}

const sameActions = (live: ForeignKeyFacts, wanted: SnapshotForeignKey): boolean =>
  live.onDelete === (wanted.onDelete ?? "no action") && live.onUpdate === (wanted.onUpdate ?? "no action");

/** What a key links, as one text. */
export const linkOf = (key: SnapshotForeignKey): string =>
  JSON.stringify([key.columnsFrom, `${key.schemaTo || "public"}.${key.tableTo}`, key.columnsTo]);

const liveLinkOf = (key: ForeignKeyFacts): string =>
  JSON.stringify([key.columns, key.target, key.targetColumns]);
