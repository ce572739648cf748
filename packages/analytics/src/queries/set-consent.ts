import { consents, type Database } from "@devora/db-schema";
import { sql } from "drizzle-orm";

/** Sets a person's choice; `changed_at` moves only when the choice does. */
export const setConsentQuery = (db: Database, distinctId: string, optedOut: boolean) =>
  db
    .insert(consents)
    .values({ distinctId, optedOut })
    .onConflictDoUpdate({
      target: consents.distinctId,
      set: { optedOut, changedAt: sql`now()` },
      setWhere: sql`${consents.optedOut} is distinct from excluded.opted_out`,
    });
