import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "@devora/db-schema";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

/** A pool as docs/drivers.md advises for a server that may crash; waits until the server answers. */
export async function openClient(url: string, max: number): Promise<{ db: Database; end(): Promise<void> }> {
  // The driver's own pause before it connects again grows to 20 s, during which calls wait.
  const client = postgres(url, { max, backoff: () => 0.1, onnotice: () => {} });
  while (!(await client`select 1`.catch(() => undefined))) await pause(50);
  // A connection that is lost while the driver reads its types of arrays would end the process; the pool has them now.
  client.options.fetch_types = false;
  return { db: drizzle({ client }) as unknown as Database, end: () => client.end({ timeout: 5 }) };
}
