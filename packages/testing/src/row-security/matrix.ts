import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { type Outcome, prepareAttempts, tryAll } from "./attempts.ts";
import type { Check, Subject } from "./check.ts";
import type { Finding, RowSecurityFacts, TableFacts } from "./facts.ts";
import { partitionChecks, sharedTableChecks, viewChecks } from "./other-checks.ts";
import { ownedTableChecks } from "./owned-checks.ts";
import { makePaths } from "./paths.ts";
import { type Principal, principalsOf } from "./principals.ts";
import { quoted, readTables, type Table } from "./read-catalogue.ts";
import { definerChecks, serviceChecks } from "./role-checks.ts";
import { type PlantedRows, plantRows } from "./rows.ts";
import { inRole } from "./scopes.ts";

export interface MatrixResult {
  /** How many statements were tried. */
  checks: number;
  /** Names of the principals that tried them. */
  principals: readonly string[];
  /** Rows that crossed from one user to another, and every other difference from the facts. */
  findings: readonly Finding[];
}

/**
 * Tries every verb on every table, as every principal, by every path, and reports what differs from the facts.
 *
 * The tables, keys and partitions come from the catalogue, and so do the rows that are planted (committed, where
 * `db` is no transaction). A table without facts is a finding. For the case of a setting that nobody has ever made,
 * `db` must be one unused connection; the principals tell whether it was tried.
 * @param only  qualified names of the tables to try; default all
 */
export async function runMatrix(
  db: Database,
  facts: RowSecurityFacts,
  { only }: { only?: readonly string[] } = {},
): Promise<MatrixResult> {
  const tables = await readTables(db);
  const rows = await plantRows(
    db,
    tables.filter((table) => facts.tables[table.name]),
    facts,
  );
  const tried = tables.filter((table) => facts.tables[table.name] && (only?.includes(table.name) ?? true));
  await prepareAttempts(db);
  for (const statement of tried.flatMap(makePaths)) await db.execute(sql.raw(statement));

  const findings = undeclared(tables, facts);
  const principals = await principalsOf(db, rows);
  let checks = 0;
  const tryAs = async (name: string, enter: Principal["enter"], wanted: readonly Check[], role: string) => {
    const outcomes = await enter(db, async (tx) => {
      findings.push(...(await roleFindings(tx, { name, role, tables: tried })));
      return tryAll(tx, wanted);
    });
    checks += wanted.length;
    wanted.forEach((check, place) => {
      findings.push(...judge(name, check, outcomes[place]));
    });
  };
  for (const principal of principals) {
    const wanted = [
      ...tried.flatMap((table) => checksOf({ table, rows, principal }, facts)),
      ...viewChecks(facts, principal),
    ];
    await tryAs(principal.name, principal.enter, wanted, "devora_app");
  }
  for (const [role, checksOfRole] of [
    ["devora_service", serviceChecks],
    ["devora_definer", definerChecks],
  ] as const) {
    const wanted = tried.flatMap((table) => checksOfRole(table, factsOf(facts, table), rows));
    await tryAs(role, (on, fn) => inRole(on, role, fn), wanted, role);
  }
  return { checks, findings, principals: principals.map((principal) => principal.name) };
}

const factsOf = (facts: RowSecurityFacts, table: Table): TableFacts =>
  facts.tables[table.name] ?? { owner: null };

function checksOf(
  { table, rows, principal }: { table: Table; rows: PlantedRows; principal: Principal },
  facts: RowSecurityFacts,
): Check[] {
  const owned = Object.entries(facts.tables).filter(([, { owner }]) => owner !== null);
  const subject: Subject = {
    table,
    facts: factsOf(facts, table),
    rows,
    principal,
    ownedTables: new Set(owned.map(([name]) => name)),
  };
  return [
    ...(subject.facts.owner === null ? sharedTableChecks(subject) : ownedTableChecks(subject)),
    ...table.partitions.flatMap((partition) => partitionChecks(subject, partition)),
  ];
}

function undeclared(tables: readonly Table[], facts: RowSecurityFacts): Finding[] {
  const names = new Set(tables.map((table) => table.name));
  const unknown = tables
    .filter((table) => !facts.tables[table.name])
    .map((table) => ({
      rule: "undeclared table",
      subject: table.name,
      message: `Declare it in the facts: "${table.name}": { owner: its owner column or null, app: the verbs devora_app has }.`,
    }));
  const gone = Object.keys(facts.tables)
    .filter((name) => !names.has(name))
    .map((name) => ({
      rule: "missing table",
      subject: name,
      message: "The facts declare it, and the database has it not.",
    }));
  return [...unknown, ...gone];
}

/** The whole matrix proves nothing in a role that policies do not bind. */
async function roleFindings(
  tx: Database,
  { name, role, tables }: { name: string; role: string; tables: readonly Table[] },
): Promise<Finding[]> {
  const [current] = await rowsOf(
    tx,
    sql`select current_user::text as role, rolsuper or rolbypassrls as unbound from pg_roles where rolname = current_user`,
  );
  const open = await rowsOf<{ name: string }>(
    tx,
    sql`select name from jsonb_array_elements_text(${JSON.stringify(tables.map((table) => quoted(table.name)))}::jsonb) as name
        where not row_security_active(name)`,
  );
  const bound = current?.role === role && current.unbound === false;
  return [
    ...(bound
      ? []
      : [
          { rule: "role", subject: name, message: `runs as ${String(current?.role)}, not bound as ${role}.` },
        ]),
    ...open.map((row) => ({
      rule: "row security active",
      subject: row.name,
      message: `is not active for ${role} (${name}).`,
    })),
  ];
}

function judge(principal: string, check: Check, outcome: Outcome | undefined): Finding[] {
  const { state, touched, message } = outcome ?? { state: "none", touched: 0, message: "no outcome" };
  const right = check.states.includes(state) && (state !== "00000" || touched === check.touched);
  if (right) return [];
  const expected = check.states.map((wanted) => (wanted === "00000" ? `${check.touched} rows` : wanted));
  return [
    {
      rule: `${principal}: ${check.verb}`,
      subject: check.subject,
      message: `expected ${expected.join(" or ")}, got ${state === "00000" ? `${touched} rows` : `${state} ${message}`}.`,
    },
  ];
}
