import {
  analyticsEvents,
  analyticsOutbox,
  type Database,
  newId,
  rowsOf,
  withService,
} from "@devora/db-schema";
import { sql } from "drizzle-orm";
import {
  createAnalytics,
  createDeliveryWorker,
  type DeliveryRun,
  type DeliveryWorker,
  type DeliveryWorkerOptions,
  posthogDestination,
} from "../../../src/index.ts";
import type { PosthogServer } from "../../../src/testing.ts";

export const apiKey = "phc_of_the_test";

export const startAfresh = (db: Database) =>
  withService(db, async (tx) => {
    await tx.delete(analyticsOutbox);
    await tx.delete(analyticsEvents);
  });

/** Captures events for PostHog; answers their ids. `session` marks those that are told apart by it. */
export async function captureEvents(
  db: Database,
  count: number,
  session: (n: number) => string = () => "fine",
): Promise<string[]> {
  const analytics = createAnalytics({ db, destinations: ["posthog"], mode: "strict" });
  const results = await analytics.captureMany(
    Array.from({ length: count }, (_, n) => ({
      event: "user_logged_in" as const,
      userId: newId(),
      sessionId: session(n),
      occurredAt: new Date(Date.now() - (count - n) * 1_000),
    })),
  );
  return results.map(({ id }) => id);
}

export const posthogWorker = (
  db: Database,
  server: PosthogServer,
  options: Partial<DeliveryWorkerOptions> = {},
): DeliveryWorker =>
  createDeliveryWorker({
    db,
    destinations: { posthog: posthogDestination({ host: server.url, apiKey, timeoutMs: 60_000 }) },
    ...options,
  });

/** The run of `posthog`. */
export const deliver = async (worker: DeliveryWorker): Promise<DeliveryRun> =>
  (await worker.runOnce()).posthog as DeliveryRun;

/** Deliveries by state, and the events that there are. */
export async function tally(db: Database): Promise<Record<string, number>> {
  const rows = await withService(db, (tx) =>
    rowsOf(
      tx,
      sql`select state, count(*)::int as count from devora.analytics_outbox group by state
          union all select 'captured', count(*)::int from devora.analytics_events`,
    ),
  );
  const empty = { pending: 0, leased: 0, sent: 0, parked: 0, captured: 0 };
  return { ...empty, ...Object.fromEntries(rows.map((row) => [String(row.state), Number(row.count)])) };
}

export const outboxOf = (db: Database, destination = "posthog") =>
  withService(db, (tx) =>
    rowsOf(
      tx,
      sql`select event_id::text as id, state, attempts, last_error, lease_token::text, sent_at is not null as was_sent,
                 extract(epoch from next_attempt_at - now())::float8 as due_in
          from devora.analytics_outbox where destination = ${destination} order by occurred_at, event_id`,
    ),
  );

/** As if the time had passed for which deliveries wait, or are leased. */
export const timePasses = (db: Database) =>
  withService(db, (tx) =>
    tx.execute(
      sql`update devora.analytics_outbox set next_attempt_at = now() - interval '1 second',
            leased_until = case when state = 'leased' then now() - interval '1 second' end
          where state in ('pending', 'leased')`,
    ),
  );

/** The faults of a server that kept other than exactly these events, each unchanged however often it came. */
export function faultsOf(server: PosthogServer, ids: readonly string[]): string[] {
  const faults = [...server.violations];
  const expected = new Set(ids);
  for (const id of server.events.keys()) if (!expected.has(id)) faults.push(`${id} was not to be sent`);
  for (const id of ids) if (!server.events.has(id)) faults.push(`${id} is missing`);
  const forms = new Map<string, string>();
  for (const { batch } of server.requests) {
    for (const event of batch?.batch ?? []) {
      const form = JSON.stringify(event);
      if ((forms.get(event.uuid) ?? form) !== form) faults.push(`${event.uuid} changed between requests`);
      forms.set(event.uuid, form);
    }
  }
  return faults;
}
