// Buffers events as a host would. Arguments: URL of the database, what to do, a person's id.
import { createAnalytics } from "@devora/analytics";
import type { Database } from "@devora/db-schema";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

const [url = "", task, userId = ""] = process.argv.slice(2);
const client = postgres(url, { max: 2, idle_timeout: 1, onnotice: () => {} });
const analytics = createAnalytics({
  db: drizzle({ client }) as unknown as Database,
  buffer: { flushIntervalMs: 60_000 },
});
const captureMany = (count: number) => {
  for (let n = 0; n < count; n++) analytics.captureBuffered({ event: "user_logged_in", userId });
};

if (task === "end") {
  // Less than a batch is left, which waits for the interval; `beforeExit` would come too late.
  captureMany(1000);
} else {
  captureMany(700);
  if (task === "flush") await analytics.flush();
  else analytics.closeOnSignals();
  captureMany(task === "flush" ? 50 : 0);
  setInterval(() => {}, 1000);
  process.stdout.write("standing\n");
}
