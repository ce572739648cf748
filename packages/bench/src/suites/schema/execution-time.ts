import { type Database, rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** What the server needs to execute a statement, in ms: without planning, network and driver. */
export async function executionTime(db: Database, statement: SQL): Promise<number> {
  const [row] = await rowsOf(db, sql`explain (analyze, timing off, format json) ${statement}`);
  const plan = row?.["QUERY PLAN"];
  const [{ "Execution Time": time }] = (typeof plan === "string" ? JSON.parse(plan) : plan) as [
    { "Execution Time": number },
  ];
  return time;
}
