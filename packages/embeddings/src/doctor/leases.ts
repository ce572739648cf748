import { rowsOf } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { type Check, ok, warning } from "./check.ts";

/** A worker that runs takes an expired lease over within seconds. */
const abandonedSeconds = 60 * 60;

/** Jobs whose lease ran out long ago. */
export const abandonedLeasesQuery = (sources: readonly string[], seconds: number): SQL => sql`
  select count(*)::float8 as abandoned, extract(epoch from now() - min(leased_until))::float8 as oldest_seconds
  from devora.embedding_jobs
  where parked_at is null
    and leased_until < now() - ${seconds}::float8 * interval '1 second'
    and source = any(${sql.param([...sources])}::text[])`;

export const leases: Check = {
  name: "leases",
  async examine({ tx, context }) {
    const query = abandonedLeasesQuery([...context.sources.keys()], abandonedSeconds);
    const [row] = await rowsOf(tx, query);
    const abandoned = Number(row?.abandoned ?? 0);
    if (abandoned === 0) return ok("No lease ran out long ago.", { abandoned });
    return warning(
      `${abandoned} jobs were left by a worker that was killed, and nobody has taken them for an hour.`,
      "Start a worker over these sources: createWorker().start().",
      { abandoned, oldestSeconds: Math.round(Number(row?.oldest_seconds)) },
    );
  },
};
