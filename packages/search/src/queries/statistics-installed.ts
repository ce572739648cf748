import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** Whether module `search` is there, and the caller may use its functions. Fails nowhere. */
export const statisticsInstalledQuery: SQL = sql`
  select count(*)::int as functions
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where n.nspname = 'devora' and p.proname in ('search_corrections_v1', 'search_completions_v1')
    and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute')`;

export const decodeInstalled = ([row]: readonly Row[]): boolean => Number(row?.functions) >= 2;
