import { type SQL, sql } from "drizzle-orm";

/** Takes the lease of a model for one builder of its index or vectors, unless somebody who lives has it. */
export const takeLeaseQuery = (modelId: number, token: string, leaseMs: number): SQL => sql`
  update devora.embedding_models
  set lease_token = ${token}::uuid, leased_until = now() + ${leaseMs}::float8 * interval '1 millisecond'
  where id = ${modelId}::integer
    and (lease_token is null or lease_token = ${token}::uuid or leased_until < now())
  returning id::integer`;

export const releaseLeaseQuery = (modelId: number, token: string): SQL => sql`
  update devora.embedding_models
  set lease_token = null, leased_until = null
  where id = ${modelId}::integer and lease_token = ${token}::uuid`;
