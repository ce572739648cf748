import type { Database } from "@devora/db-schema";
import { expectTypeOf } from "vitest";
import {
  analyticsMetrics,
  createAnalytics,
  createDeliveryQueue,
  createDeliveryWorker,
  type DeliveredEvent,
  type DeliveryRun,
  deliveryFailed,
  type HoldingsRange,
  posthogDestination,
  type Reconciliation,
  webhookDestination,
} from "../../src/index.ts";

declare const db: Database;

createAnalytics({ db, destinations: ["posthog"] });
// @ts-expect-error names, not one name
createAnalytics({ db, destinations: "posthog" });

// Anything of the shape is a destination.
const own = {
  async send(events: readonly DeliveredEvent[]) {
    if (events.length > 1) throw deliveryFailed({ blames: "size", reason: "ONE_ONLY" });
  },
};
const worker = createDeliveryWorker({
  db,
  destinations: {
    posthog: posthogDestination({ host: "https://eu.i.posthog.com", apiKey: "phc_" }),
    hook: webhookDestination({ url: "https://example.com" }),
    own,
  },
});
expectTypeOf(worker.runOnce()).toEqualTypeOf<Promise<Record<string, DeliveryRun>>>();

// @ts-expect-error there is nothing else to blame
deliveryFailed({ blames: "weather", reason: "RAIN" });
// @ts-expect-error a key is needed
posthogDestination({ host: "https://eu.i.posthog.com" });

// Anything that lists ids says what a destination has.
const queue = createDeliveryQueue({ db });
const reader = { listIds: async ({ after }: HoldingsRange) => (after === undefined ? ["an id"] : []) };
expectTypeOf(queue.reconcile({ day: "2026-11-22", destination: "own", reader })).toEqualTypeOf<
  Promise<Reconciliation>
>();
// @ts-expect-error a day is a text: a Date would be of whose zone?
void queue.reconcile({ day: new Date(), destination: "own", reader });
analyticsMetrics({ db, analytics: createAnalytics({ db }), worker });
