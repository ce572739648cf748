import { type Database, rowsOf, withDatabaseErrors, withService } from "@devora/db-schema";
import type { SQL } from "drizzle-orm";
import {
  type ClaimedDelivery,
  claimDeliveriesQuery,
  decodeClaimed,
  type Lease,
  type RefusedDelivery,
  releaseQuery,
  removeGoneQuery,
  renewLeaseQuery,
  settleRefusedQuery,
  settleSentQuery,
} from "../queries/outbox.ts";

/** The queue as a worker needs it: each verb one short transaction. Those that count say how many were still leased. */
export interface OutboxStore {
  claim(lease: Lease, leaseMs: number, limit: number): Promise<ClaimedDelivery[]>;
  renew(lease: Lease, ids: readonly string[], leaseMs: number): Promise<void>;
  settleSent(lease: Lease, ids: readonly string[]): Promise<number>;
  settleRefused(lease: Lease, refused: readonly RefusedDelivery[]): Promise<number>;
  release(
    lease: Lease,
    ids: readonly string[],
    how: { delayMs: number; error: string | null },
  ): Promise<number>;
  removeGone(lease: Lease, ids: readonly string[]): Promise<number>;
}

export function outboxStore(db: Database): OutboxStore {
  const run = (query: SQL) =>
    withDatabaseErrors("analytics.deliver", () => withService(db, (tx) => rowsOf(tx, query)));
  const count = async (many: readonly unknown[], query: () => SQL): Promise<number> =>
    many.length === 0 ? 0 : Number((await run(query()))[0]?.count);
  return {
    claim: async (lease, leaseMs, limit) =>
      (await run(claimDeliveriesQuery(lease, leaseMs, limit))).map(decodeClaimed),
    renew: async (lease, ids, leaseMs) => void (await run(renewLeaseQuery(lease, ids, leaseMs))),
    settleSent: (lease, ids) => count(ids, () => settleSentQuery(lease, ids)),
    settleRefused: (lease, refused) => count(refused, () => settleRefusedQuery(lease, refused)),
    release: (lease, ids, how) => count(ids, () => releaseQuery(lease, ids, how)),
    removeGone: (lease, ids) => count(ids, () => removeGoneQuery(lease, ids)),
  };
}
