import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createAnalytics } from "@devora/analytics";
import type { Database } from "@devora/db-schema";
import { type BenchRow, toRow } from "../../row.ts";

/** Of size 1; a size of 20 are ten million. */
const eventsPerSize = 500_000;
const turn = 1_000;
/** Before, the heap still grows into its shape. */
const settledShare = 0.2;
const marks = 20;
/** Events in memory at most, so that the loop is as fast as the database and no faster. */
const most = 20_000;

/**
 * The memory of a process that captures buffered events while their destination is down: they are queued in the
 * database, where nobody takes them. An event takes about a kilobyte of the server's disk.
 */
export async function memoryRows(
  db: Database,
  size: number,
  log: (text: string) => void,
): Promise<BenchRow[]> {
  const events = Math.round(eventsPerSize * size);
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const analytics = createAnalytics({ db, destinations: ["posthog"] });
  const points: { events: number; heap: number; resident: number }[] = [];
  const started = performance.now();
  let lost = 0;
  for (let n = 0; n < events; n += turn) {
    for (let at = n; at < n + turn; at++) {
      const { outcome } = analytics.captureBuffered({
        event: "code_generated",
        userId: `user_${at % 997}`,
        properties: { model: "gpt-4o", tokens_used: 1000 + (at % 4000), generation_time_ms: at % 3000 },
      });
      if (outcome !== "buffered") lost++;
    }
    while (analytics.stats().buffered > most) await new Promise((resolve) => setTimeout(resolve, 5));
    const taken = n + turn;
    if (taken % Math.round(events / marks) >= turn) continue;
    await analytics.flush();
    collectGarbage();
    const { heapUsed, rss } = process.memoryUsage();
    points.push({ events: taken, heap: heapUsed / 2 ** 20, resident: rss / 2 ** 20 });
    const seconds = (performance.now() - started) / 1000;
    log(
      `memory: ${taken.toLocaleString("en")} events in ${seconds.toFixed(0)} s, heap ${(heapUsed / 2 ** 20).toFixed(1)} MB, resident ${(rss / 2 ** 20).toFixed(0)} MB`,
    );
  }
  const { remaining } = await analytics.close();
  const { captured } = analytics.stats();
  if (lost + remaining > 0 || captured !== events)
    throw new Error(`${captured} of ${events} events were kept`);
  const settled = points.filter((point) => point.events > events * settledShare);
  const count = `over ${events.toLocaleString("en")} buffered events`;
  return [
    toRow({
      suite: "analytics",
      name: `heap per million events, ${count}`,
      measured: slopePerMillion(settled.map((point) => [point.events, point.heap])),
      unit: "MB",
      goal: 1,
    }),
    toRow({
      suite: "analytics",
      name: `resident memory per million events, ${count}`,
      measured: slopePerMillion(settled.map((point) => [point.events, point.resident])),
      unit: "MB",
      ...(events >= 10_000_000 ? { goal: 5 } : {}),
    }),
  ];
}

/** Of the straight line that fits the points best, by least squares. */
function slopePerMillion(points: readonly (readonly [events: number, value: number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(points.map(([events]) => events));
  const level = mean(points.map(([, value]) => value));
  const above = points.reduce((sum, [events, value]) => sum + (events - middle) * (value - level), 0);
  const below = points.reduce((sum, [events]) => sum + (events - middle) ** 2, 0);
  return (above / below) * 1e6;
}
