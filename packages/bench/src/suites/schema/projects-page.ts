import { type Database, withService, withUser } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import { collect } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";
import { executionTime } from "./execution-time.ts";
import { copyWithoutSecurity, largeUser } from "./fill.ts";

/** A user's projects, newest first: the page that every visit opens. */
const page = (table: string) => sql`
  select id, name, created_at
  from ${sql.identifier(table)}
  where user_id = ${largeUser}::uuid and deleted_at is null
  order by created_at desc, id desc
  limit 20`;

export async function projectsPage(db: Database): Promise<BenchRow[]> {
  await copyWithoutSecurity(db, "projects");
  const timings = await collect(
    {
      secured: () => withUser(db, largeUser, (tx) => executionTime(tx, page("projects"))),
      open: () => withService(db, (tx) => executionTime(tx, page("projects_open"))),
    },
    { runs: 60 },
  );
  const facts = { suite: "schema", unit: "ms" };
  return [
    toRow({
      ...facts,
      name: "projects page of 34,000 projects, execution, under RLS",
      measured: timings.secured.p50,
      peer: timings.open.p50,
      goal: 0.3,
    }),
    toRow({
      ...facts,
      name: "projects page of 34,000 projects, execution, without RLS",
      measured: timings.open.p50,
    }),
  ];
}
