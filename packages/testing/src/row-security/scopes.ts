import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";

/** Runs `fn` in a role for one transaction and leaves app.user_id as it is: what a caller without `withUser` gets. */
export async function inRole<T>(db: Database, role: string, fn: (tx: Database) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('role', ${role}, true)`);
    const result = await fn(tx);
    // Inside another transaction the setting would outlive this one.
    await tx.execute(sql`select set_config('role', 'none', true)`);
    return result;
  });
}

/** Has no statement of this connection set app.user_id yet? Afterwards it is an empty string for ever. */
export async function isNeverSet(db: Database): Promise<boolean> {
  const [row] = await rowsOf(db, sql`select current_setting('app.user_id', true) is null as never`);
  return row?.never === true;
}
