import { deployments as d, type Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Windows } from "./calendar.ts";
import { decodeNumber } from "./decode.ts";
import { isCounted } from "./persons.ts";

export interface DeploymentCounts {
  succeeded: number;
  failed: number;
}

/** Outcomes, known by then, of the deployments started in the trailing 30 days. */
export const deploymentsQuery = (w: Windows): SQL => sql`
  select count(*) filter (where ${d.status} = 'succeeded')::float8 as succeeded,
         count(*) filter (where ${d.status} = 'failed')::float8 as failed
  from ${d}
  where ${d.startedAt} >= ${w.month}::timestamptz
    and ${d.startedAt} < ${w.until}::timestamptz
    and (${d.finishedAt} is null or ${d.finishedAt} < ${w.until}::timestamptz)
    and ${isCounted(sql`${d.userId}::text`)}`;

export const decodeDeployments = (row: Row | undefined): DeploymentCounts => ({
  succeeded: decodeNumber(row?.succeeded),
  failed: decodeNumber(row?.failed),
});
