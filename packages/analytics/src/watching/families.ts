import type { DeliveryTotals } from "../delivery/delivery-totals.ts";
import type { DeliveryStats } from "../queries/outbox-reports.ts";
import type { AnalyticsStats } from "../stats.ts";
import type { MetricFamily, Sample } from "./exposition.ts";

const events: Record<keyof AnalyticsStats, [name: string, help: string]> = {
  captured: ["captured", "Events written by this process."],
  duplicate: ["duplicate", "Events whose id was there before."],
  invalid: ["invalid", "Events that their catalogue refused, whatever became of them."],
  dropped: ["dropped", "Events that were not written: invalid ones, and those of the next three."],
  optedOut: ["opted_out", "Events of people who opted out."],
  disabled: ["disabled", "Events captured while analytics were off."],
  foreignOwner: ["foreign_owner", "Events in another's name than the scope's user."],
  lost: ["lost", "Buffered events that never came into the database."],
};

/** What an instance did: counters, which begin at 0 with the process, and what is in its memory. */
export const captureFamilies = (stats: AnalyticsStats & { buffered: number }): MetricFamily[] => [
  ...(Object.keys(events) as (keyof AnalyticsStats)[]).map((key) => {
    const [name, help] = events[key];
    return counter(`devora_analytics_events_${name}_total`, help, [{ value: stats[key] }]);
  }),
  gauge("devora_analytics_events_buffered", "Events in the memory of this process.", [
    { value: stats.buffered },
  ]),
];

const deliveries: Record<keyof DeliveryTotals, [name: string, help: string]> = {
  claimed: ["deliveries_claimed", "Deliveries that this worker took up."],
  sent: ["deliveries_sent", "Deliveries that the destination took."],
  retried: ["deliveries_retried", "Deliveries refused, to be tried again."],
  parked: ["deliveries_parked", "Deliveries put aside."],
  removed: ["deliveries_removed", "Deliveries taken out, because their event is gone."],
  released: ["deliveries_released", "Deliveries given back, because the destination failed."],
  stale: ["deliveries_stale", "Deliveries lost to another worker."],
  requests: ["delivery_requests", "Requests to the destination."],
  failures: ["delivery_failures", "Runs in which the destination failed as a whole."],
};

/** What a worker did: counters, which begin at 0 with the process. */
export const workerFamilies = (totals: Readonly<Record<string, DeliveryTotals>>): MetricFamily[] =>
  (Object.keys(deliveries) as (keyof DeliveryTotals)[]).map((key) => {
    const [name, help] = deliveries[key];
    const samples = Object.entries(totals).map(([destination, counts]) => ({
      labels: { destination },
      value: counts[key],
    }));
    return counter(`devora_analytics_${name}_total`, help, samples);
  });

/** What the database holds now, of all processes: gauges. */
export const queueFamilies = (queues: readonly DeliveryStats[]): MetricFamily[] => {
  const of = (value: (queue: DeliveryStats) => number): Sample[] =>
    queues.map((queue) => ({ labels: { destination: queue.destination }, value: value(queue) }));
  const states = (["pending", "leased", "parked"] as const).flatMap((state) =>
    queues.map((queue) => ({ labels: { destination: queue.destination, state }, value: queue[state] })),
  );
  return [
    gauge("devora_analytics_queue_deliveries", "Deliveries in the database that were not taken yet.", states),
    gauge(
      "devora_analytics_queue_oldest_pending_age_seconds",
      "Age of what has waited longest; 0 when nothing waits.",
      of(({ oldestPendingAgeSeconds }) => Math.max(0, oldestPendingAgeSeconds ?? 0)),
    ),
    gauge(
      "devora_analytics_queue_sent_last_day",
      "Deliveries taken in the last 24 hours.",
      of(({ sentLastDay }) => sentLastDay),
    ),
  ];
};

export const databaseFamily = (isUp: boolean): MetricFamily =>
  gauge("devora_analytics_database_up", "1 when the queue could be read, else 0.", [{ value: isUp ? 1 : 0 }]);

const counter = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
  name,
  type: "counter",
  help,
  samples,
});

const gauge = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
  name,
  type: "gauge",
  help,
  samples,
});
