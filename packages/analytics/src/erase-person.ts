import { checkFor } from "./check-option.ts";
import type { CallOptions } from "./event.ts";
import { checkPersonId } from "./person-id.ts";
import type { ErasedBatch } from "./queries/erase-person.ts";

/** Whom to erase: at least one id. */
export interface PersonToErase {
  /** Whose events they are. */
  ownerId?: string | undefined;
  /** Ids under which the person was seen; those that `user_aliases` knows as its own are found from any of them. */
  distinctIds?: readonly string[] | undefined;
  /** Told after each batch what is gone so far. What it throws ends the call; what is gone stays gone. */
  onProgress?: ((done: { events: number; deliveries: number }) => void) | undefined;
}

/** What was erased. */
export interface Erasure {
  events: number;
  /** Rows of the outbox, whatever their state. */
  deliveries: number;
  /** Links between ids of the person. */
  aliases: number;
  /** Consents that were no opt-out; opt-outs stay, so that they go on to hold. */
  consents: number;
  /** The person's ids, sorted, to be deleted where events were delivered: those given, their aliases, and those on its events that are nobody else's. */
  distinctIds: string[];
  /** False when events came in while it ran: opt the person out, or delete the account, and call again. */
  complete: boolean;
}

/** The steps of an erasure over a database, or a test's memory. */
export interface ErasureStore {
  idsOfPerson(ids: readonly string[]): Promise<string[]>;
  /** At least `limit` events where there are as many. */
  eraseBatch(ids: readonly string[], limit: number): Promise<ErasedBatch>;
  forget(ids: readonly string[]): Promise<{ aliases: number; consents: number }>;
  after(ids: readonly string[], found: readonly string[]): Promise<{ isLeft: boolean; ownIds: string[] }>;
}

/** Measured on PostgreSQL 18: some 200 ms a statement, which is how long a worker may wait for it. */
const batchSize = 5_000;
const check = checkFor("erasePerson");

/**
 * Erases a person's events in batches, each a transaction of its own unless `call.db` is one; then what links its ids.
 * Stopped at any moment, the next call goes on where it was: what links the ids goes last.
 *
 * @throws {AnalyticsError} INVALID_OPTION without any id, or with one that no event can have
 */
export async function erasePerson(
  { ownerId, distinctIds = [], onProgress }: PersonToErase,
  { signal }: CallOptions,
  store: ErasureStore,
): Promise<Erasure> {
  check("distinctIds", distinctIds, "an array of texts", Array.isArray(distinctIds));
  const given = [...(ownerId === undefined ? [] : [ownerId]), ...distinctIds];
  check("ownerId", ownerId, "a text, or undefined with at least one of distinctIds", given.length > 0);
  for (const id of given) checkPersonId("erasePerson", "an id of the person", id);

  const ids = await store.idsOfPerson(given);
  const seen = new Set<string>();
  const done = { events: 0, deliveries: 0 };
  for (let found = batchSize; found >= batchSize; ) {
    signal?.throwIfAborted();
    const batch = await store.eraseBatch(ids, batchSize);
    found = batch.found;
    done.events += batch.events;
    done.deliveries += batch.deliveries;
    for (const id of batch.distinctIds) seen.add(id);
    onProgress?.({ ...done });
  }
  signal?.throwIfAborted();
  const others = [...seen].filter((id) => !ids.includes(id));
  const { isLeft, ownIds } = await store.after(ids, others);
  // The links are how the next call finds what is left.
  const forgotten = isLeft ? { aliases: 0, consents: 0 } : await store.forget(ids);
  return {
    ...done,
    ...forgotten,
    distinctIds: [...new Set([...ids, ...ownIds])].toSorted(),
    complete: !isLeft,
  };
}
