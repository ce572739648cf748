// Delivers as a host's worker would, and stands still at a step until it is killed. Arguments: URL of the database, of
// the server, and the step.
import { createDeliveryWorker, posthogDestination } from "@devora/analytics";
import type { Database } from "@devora/db-schema";
import { standStill } from "@devora/testing/stand-still";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { steps } from "./delivery-steps.ts";

const [url = "", host = "", step = ""] = process.argv.slice(2);
const before = steps[step];
if (before === undefined) throw new Error(`There is no step "${step}".`);

let answers = 0;
const client = postgres(url, { max: 2, connection: { application_name: "doomed" }, onnotice: () => {} });
// Told of a statement before it is sent, when those before it are done.
const logger = {
  logQuery(query: string) {
    if (before.statement?.test(query) && answers >= (before.answers ?? 0)) standStill();
  },
};
const fetchAndCount: typeof fetch = async (...request) => {
  if (step === "before the request") standStill();
  const response = await fetch(...request);
  answers++;
  return response;
};
const db = drizzle({ client, logger }) as unknown as Database;
const posthog = posthogDestination({ host, apiKey: "phc_of_the_test", fetch: fetchAndCount });
await createDeliveryWorker({ db, destinations: { posthog } }).runOnce();
await client.end();
