import { createAnalytics, createDeliveryWorker, posthogDestination } from "@devora/analytics";
import { startPostHogServer } from "@devora/analytics/testing";
import { analyticsOutbox, type Database, withService } from "@devora/db-schema";
import { percentile } from "../../measure.ts";
import { type BenchRow, toRow } from "../../row.ts";

const count = 20_000;
const rounds = 3;

/**
 * What a destination costs: the writing of buffered events with and without one, round by round, and one worker that
 * delivers them to a server in the same process, which unpacks and checks all that it is sent.
 */
export async function delivery(db: Database, log: (text: string) => void): Promise<BenchRow[]> {
  const plain: number[] = [];
  const queued: number[] = [];
  const delivered: number[] = [];
  await using server = await startPostHogServer();
  const posthog = posthogDestination({ host: server.url, apiKey: "phc_benchmark" });
  const worker = createDeliveryWorker({ db, destinations: { posthog } });
  // What other figures have queued.
  await withService(db, (tx) => tx.delete(analyticsOutbox));
  for (let round = 0; round < rounds; round++) {
    log(`${count.toLocaleString("en")} events to PostHog, round ${round + 1} of ${rounds} …`);
    plain.push(await captureAll(db, []));
    queued.push(await captureAll(db, ["posthog"]));
    const start = performance.now();
    while (((await worker.runOnce()).posthog?.claimed ?? 0) > 0);
    delivered.push(performance.now() - start);
  }
  await withService(db, (tx) => tx.delete(analyticsOutbox));
  if (server.violations.length > 0 || server.events.size !== rounds * count)
    throw new Error(`${server.events.size} of ${rounds * count} events arrived, ${server.violations[0]}`);
  const perSecond = (times: readonly number[]) => (count / percentile(times, 0.5)) * 1000;
  return [
    toRow({
      suite: "analytics",
      name: "buffered events until committed, queued for a destination",
      measured: perSecond(queued),
      peer: perSecond(plain),
      unit: "events/s",
      better: "higher",
    }),
    toRow({
      suite: "analytics",
      name: "delivered by one worker",
      measured: perSecond(delivered),
      unit: "events/s",
      better: "higher",
    }),
  ];
}

async function captureAll(db: Database, destinations: readonly string[]): Promise<number> {
  const analytics = createAnalytics({ db, destinations });
  const start = performance.now();
  for (let n = 0; n < count; n++) {
    analytics.captureBuffered({
      event: "code_generated",
      userId: `user_${n % 997}`,
      properties: { model: "gpt-4o", tokens_used: 1000 + (n % 4000), generation_time_ms: n % 3000 },
    });
    if (n % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
  }
  const { remaining } = await analytics.close({ timeoutMs: 120_000 });
  if (remaining > 0 || analytics.stats().captured !== count) throw new Error("events were not kept");
  return performance.now() - start;
}
