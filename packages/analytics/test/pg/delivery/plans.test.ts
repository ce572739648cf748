import { type Database, newId, rowsOf, withService } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import {
  claimDeliveriesQuery,
  releaseQuery,
  removeGoneQuery,
  renewLeaseQuery,
  settleRefusedQuery,
  settleSentQuery,
} from "../../../src/queries/outbox.ts";
import { purgeSentQuery } from "../../../src/queries/outbox-reports.ts";

const database = useTestDatabase();
const lease = { destination: "posthog", token: newId() };
const ids = Array.from({ length: 500 }, newId);

beforeAll(async () => {
  const { db } = database;
  await withService(db, (tx) =>
    tx.execute(sql`
      insert into devora.analytics_outbox (event_id, destination, occurred_at, state, sent_at)
      select gen_random_uuid(), 'posthog', now(), state, case when state = 'sent' then now() - interval '40 days' end
      from generate_series(1, 60000) as n
      cross join lateral (select case when n % 2 = 0 then 'sent' else 'pending' end as state) as t`),
  );
  await db.execute(sql`analyze devora.analytics_outbox`);
});

const planOf = (db: Database, query: SQL): Promise<string> =>
  withService(db, async (tx) =>
    (await rowsOf(tx, sql`explain (costs off) ${query}`)).map((row) => Object.values(row)[0]).join("\n"),
  );

test.each<[string, SQL]>([
  ["claim", claimDeliveriesQuery(lease, 30_000, 500)],
  ["settling what was sent", settleSentQuery(lease, ids)],
  [
    "settling what was refused",
    settleRefusedQuery(
      lease,
      ids.map((id) => ({ id, error: "e", delayMs: 1, park: false })),
    ),
  ],
  ["giving back", releaseQuery(lease, ids, { delayMs: 1, error: null })],
  ["taking out what is gone", removeGoneQuery(lease, ids)],
  ["renewing a lease", renewLeaseQuery(lease, ids, 30_000)],
  ["purge", purgeSentQuery("posthog", 30, 5_000)],
])("%s reads no table from end to end", async (_, query) => {
  const plan = await planOf(database.db, query);
  expect(plan).not.toMatch(/Seq Scan/);
  expect(plan).toMatch(/analytics_outbox_pkey/);
});
