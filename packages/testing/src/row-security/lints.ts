import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Finding, RowSecurityFacts } from "./facts.ts";
import { lintFunctions } from "./lint-functions.ts";
import { lintGrants } from "./lint-grants.ts";
import { lintPlans } from "./lint-plans.ts";
import { lintPolicies } from "./lint-policies.ts";
import { readTables, type Table } from "./read-catalogue.ts";

/**
 * Compares how the database is secured with the facts, without trying anything: forced policies and their clauses,
 * grants, views, functions, keys between owned tables, and that a policy asks for the user once per statement.
 * @returns every difference, with the name of the lint as its rule; none in a database that is as declared
 */
export async function lintRowSecurity(db: Database, facts: RowSecurityFacts): Promise<Finding[]> {
  const tables = await readTables(db);
  return [
    ...(await lintForced(db)),
    ...(await lintPolicies(db, facts)),
    ...(await lintGrants(db, facts, tables)),
    ...(await lintViews(db, facts)),
    ...(await lintFunctions(db, facts)),
    ...lintKeys(tables, facts),
    ...lintUniques(tables, facts),
    ...(await lintPlans(db, facts, tables)),
  ];
}

/** Partitions included: a policy of the parent binds only those who come by the parent. */
async function lintForced(db: Database): Promise<Finding[]> {
  const rows = await rowsOf(
    db,
    sql`
      select n.nspname || '.' || c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'devora') and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
        and (n.nspname, c.relname) <> ('devora', 'migrations')
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      order by 1`,
  );
  return rows.map((row) => ({
    rule: "forced",
    subject: String(row.name),
    message: "Row level security must be enabled and forced: its owner would see every row.",
  }));
}

async function lintViews(db: Database, facts: RowSecurityFacts): Promise<Finding[]> {
  const rows = await rowsOf(
    db,
    sql`
      select n.nspname || '.' || c.relname as name, c.relkind = 'm' as materialized,
             coalesce('security_invoker=true' = any (c.reloptions), false) as invoker,
             has_table_privilege('devora_app', c.oid, 'select') as app
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'devora') and c.relkind in ('v', 'm')
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      order by 1`,
  );
  const names = new Set(rows.map((row) => row.name));
  const found = rows.flatMap((row): Finding[] => {
    const subject = String(row.name);
    const declared = facts.views[subject];
    const finding = (message: string): Finding => ({ rule: "view", subject, message });
    if (!declared)
      return [
        finding(`Declare it in the facts: views: { "${subject}": { owner: column or null, app: … } }.`),
      ];
    return [
      ...(row.materialized === true && row.app === true
        ? [finding("A materialized view holds everybody's rows: take the grant to devora_app away.")]
        : []),
      ...(row.materialized === true || row.invoker === true
        ? []
        : [finding("It reads with its owner's rights: create it with (security_invoker = true).")]),
      ...(row.app === declared.app ? [] : [finding(`devora_app may read it: ${String(row.app)}.`)]),
    ];
  });
  const gone = Object.keys(facts.views).filter((name) => !names.has(name));
  return [
    ...found,
    ...gone.map((subject) => ({ rule: "view", subject, message: "The facts declare it, and it is gone." })),
  ];
}

/** A key checks its parent without policies, so it has to name the owner: otherwise a row hangs under anybody's. */
function lintKeys(tables: readonly Table[], facts: RowSecurityFacts): Finding[] {
  return tables.flatMap((table) => {
    const own = facts.tables[table.name];
    if (!own?.owner) return [];
    const owner = own.owner;
    return table.foreignKeys.flatMap((key): Finding[] => {
      const parentOwner = facts.tables[key.parent]?.owner;
      if (!parentOwner || own.keysWithoutOwner?.includes(key.name)) return [];
      if (key.parentColumns[key.columns.indexOf(owner)] === parentOwner) return [];
      const message = `It must hold (${owner}, …) and reference (${parentOwner}, …) of ${key.parent}.`;
      return [{ rule: "foreign key", subject: `${table.name}.${key.name}`, message }];
    });
  });
}

/**
 * The error for a taken key tells that another's row exists: so where devora_app inserts, a unique key holds the
 * owner. Primary keys are exempt, because ids are random.
 */
function lintUniques(tables: readonly Table[], facts: RowSecurityFacts): Finding[] {
  return tables.flatMap((table) => {
    const { owner = null, app = [] } = facts.tables[table.name] ?? {};
    if (owner === null || !app.includes("insert")) return [];
    return table.uniques
      .filter(({ columns }) => !columns.includes(owner) && columns.join() !== table.primaryKey.join())
      .map(({ columns }) => ({
        rule: "unique key",
        subject: `${table.name} (${columns.join(", ")})`,
        message: `It must hold ${owner}: whether a value is taken by another is theirs to tell.`,
      }));
  });
}
