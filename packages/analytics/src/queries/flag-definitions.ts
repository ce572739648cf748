import { type SQL, sql } from "drizzle-orm";

/** Answers a row where the process of the token fetches for all: it did before, or nobody does. */
export const takeFetchLeaseQuery = (project: string, token: string, leaseMs: number): SQL => sql`
  insert into devora.flag_definitions as kept (project, lease_token, leased_until)
  values (${project}::text, ${token}::uuid, now() + ${leaseMs}::float8 * interval '1 millisecond')
  on conflict on constraint flag_definitions_pkey do update
  set lease_token = excluded.lease_token, leased_until = excluded.leased_until
  where kept.lease_token = excluded.lease_token or kept.leased_until is null or kept.leased_until < now()
  returning project`;

export const releaseFetchLeaseQuery = (project: string, token: string): SQL => sql`
  update devora.flag_definitions
  set lease_token = null, leased_until = null
  where project = ${project}::text and lease_token = ${token}::uuid`;

/** Keeps what the holder of the lease fetched; of one that lost it nothing, which may be older than what is there. */
export const keepDefinitionsQuery = (project: string, token: string, definitions: string): SQL => sql`
  update devora.flag_definitions
  set definitions = ${definitions}::jsonb, fetched_at = now()
  where project = ${project}::text and lease_token = ${token}::uuid`;

export const readDefinitionsQuery = (project: string): SQL => sql`
  select definitions::text as definitions
  from devora.flag_definitions
  where project = ${project}::text and definitions is not null`;
