import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { FlagDefinition } from "../flags/definition.ts";

/** A flag of the database. */
export interface StoredFlag {
  readonly definition: FlagDefinition;
  /** Counts up with each change. */
  readonly version: number;
  readonly changedAt: Date;
  /** Since when it is not evaluated any more; null while it is. */
  readonly archivedAt: Date | null;
}

const columns = sql`
  definition::text as definition, version,
  floor(extract(epoch from changed_at) * 1000)::float8 as changed_at_ms,
  floor(extract(epoch from archived_at) * 1000)::float8 as archived_at_ms`;

export const liveFlagsQuery = (): SQL => sql`
  select ${columns} from devora.feature_flags where archived_at is null order by key`;

export const allFlagsQuery = (): SQL => sql`select ${columns} from devora.feature_flags order by key`;

/** What is defined as it was stays as it is, with its version. */
export const defineFlagQuery = (key: string, definition: string): SQL => sql`
  with defined as (
    insert into devora.feature_flags as kept (key, definition)
    values (${key}::text, ${definition}::jsonb)
    on conflict on constraint feature_flags_pkey do update
    set definition = excluded.definition, version = kept.version + 1, changed_at = now(), archived_at = null
    where kept.definition is distinct from excluded.definition or kept.archived_at is not null
    returning version
  )
  select version from defined
  union all
  select version from devora.feature_flags where key = ${key}::text
  limit 1`;

export const archiveFlagQuery = (key: string): SQL => sql`
  update devora.feature_flags
  set archived_at = now(), changed_at = now(), version = version + 1
  where key = ${key}::text and archived_at is null
  returning key`;

export const decodeFlag = (row: Row): StoredFlag => ({
  definition: JSON.parse(String(row.definition)),
  version: Number(row.version),
  changedAt: new Date(Number(row.changed_at_ms)),
  archivedAt: row.archived_at_ms === null ? null : new Date(Number(row.archived_at_ms)),
});
