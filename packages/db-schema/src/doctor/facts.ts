import { type SQL, sql } from "drizzle-orm";
import type { Row } from "../database.ts";

/** What the checks need to know of the database before they ask. */
export interface Facts {
  /** The schemas to look at. */
  schemas: readonly string[];
  /** `server_version_num`, for example 150014. */
  versionNumber: number;
  /** PostgreSQL in this process (PGlite), which has one login. */
  embedded: boolean;
  /** The login's name, quoted. */
  login: string;
  superuser: boolean;
  /** Which modules have their tables. */
  core: boolean;
  analytics: boolean;
  embeddings: boolean;
}

const hasTable = (name: string): SQL => sql`
  exists (
    select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'devora' and c.relname = ${name}::text
  )`;

export const factsQuery = (): SQL => sql`
  select current_setting('server_version_num')::int as version_number,
         version() like '%emscripten%' as embedded,
         format('%I', session_user) as login,
         coalesce((select rolsuper from pg_catalog.pg_roles where rolname = session_user), false) as superuser,
         ${hasTable("config_keys")} as core,
         ${hasTable("analytics_events")} as analytics,
         ${hasTable("embeddings")} as embeddings`;

export const decodeFacts = (row: Row | undefined, schemas: readonly string[]): Facts => ({
  schemas,
  versionNumber: Number(row?.version_number),
  embedded: row?.embedded === true,
  login: String(row?.login),
  superuser: row?.superuser === true,
  core: row?.core === true,
  analytics: row?.analytics === true,
  embeddings: row?.embeddings === true,
});
