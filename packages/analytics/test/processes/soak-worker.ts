// A delivery worker that is killed at any moment. Arguments: URL of the database, and of the server. Its clock runs
// twenty times as fast, so that the pauses of an outage do not take the test's time.
import { setTimeout as timer } from "node:timers/promises";
import { createDeliveryWorker, posthogDestination } from "@devora/analytics";
import { requestTimeoutMs } from "../soak/marks.ts";
import { openClient } from "../soak/open-client.ts";

const [url = "", host = ""] = process.argv.slice(2);
const speed = 20;
const started = Date.now();
const { db, end } = await openClient(url, 2);
const worker = createDeliveryWorker({
  db,
  destinations: {
    posthog: posthogDestination({
      host,
      apiKey: "phc_of_the_test",
      timeoutMs: requestTimeoutMs,
      maxEvents: 50,
    }),
  },
  batchSize: 200,
  leaseMs: 1_000,
  now: () => new Date(started + (Date.now() - started) * speed),
  sleep: (ms, signal) => timer(ms / speed, undefined, { signal }),
});
worker.start();
process.once("SIGTERM", async () => {
  await worker.stop();
  await end();
});
