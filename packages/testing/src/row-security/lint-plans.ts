import { type Database, rowsOf, withUser } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Finding, RowSecurityFacts } from "./facts.ts";
import { quoted, type Table } from "./read-catalogue.ts";

const anybody = "00000000-0000-7000-8000-000000000000";

/** A policy asks who the user is once per statement (an InitPlan), not once per row. */
export async function lintPlans(
  db: Database,
  facts: RowSecurityFacts,
  tables: readonly Table[],
): Promise<Finding[]> {
  const readable = tables.filter((table) => {
    const declared = facts.tables[table.name];
    return declared?.owner && declared.app?.includes("select");
  });
  return withUser(db, anybody, async (tx) => {
    const findings: Finding[] = [];
    for (const table of readable) {
      const plan = await explain(tx, `select * from ${quoted(table.name)}`);
      if (plan.includes("InitPlan") && !plan.includes("current_setting(")) continue;
      findings.push({
        rule: "plan",
        subject: table.name,
        message: "Its policy calls current_setting for every row: write it as (select …).",
      });
    }
    return findings;
  });
}

async function explain(tx: Database, statement: string): Promise<string> {
  const rows = await rowsOf(tx, sql`explain (costs off) ${sql.raw(statement)}`);
  return rows.map((row) => String(row["QUERY PLAN"])).join("\n");
}
