import type { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import type { Database } from "../database.ts";
import type { TransactionGuard } from "./transaction-guard.ts";

/**
 * Drizzle over the client, with the guard before each statement: from below it Drizzle would wrap the refusal in an
 * error of its own, whose message holds the parameters.
 */
export function guardedDrizzle(client: PGlite, guard: TransactionGuard): Database {
  const db = drizzle({ client });
  // Transactions get a session of their own, so this one serves outer calls alone.
  const { session } = db._;
  const prepareQuery = session.prepareQuery.bind(session);
  session.prepareQuery = ((...query: Parameters<typeof prepareQuery>) => {
    const prepared = prepareQuery(...query);
    const execute = prepared.execute.bind(prepared);
    prepared.execute = async (values) => {
      guard.assertOutside();
      return execute(values);
    };
    return prepared;
  }) as typeof session.prepareQuery;
  return db as unknown as Database;
}
