import type { Database } from "@devora/db-schema";

class TakenBack extends Error {}

/** Runs `fn` in a transaction that is rolled back, and answers what it answered. */
export async function inDraft<T>(db: Database, fn: (tx: Database) => Promise<T>): Promise<T> {
  let answer: T | undefined;
  await db
    .transaction(async (tx) => {
      answer = await fn(tx);
      throw new TakenBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof TakenBack)) throw error;
    });
  return answer as T;
}
