import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** Takes the right to fold until the transaction ends; false where somebody else has it. */
export const foldLockQuery: SQL = sql`
  select pg_try_advisory_xact_lock(hashtextextended('devora.search_statistics', 0)) as locked`;

export const decodeLocked = ([row]: readonly Row[]): boolean => row?.locked === true;

/** How many deltas wait. */
export const pendingQuery: SQL = sql`
  select (select count(*) from devora.search_statistics_deltas)::int
       + (select count(*) from devora.search_vocabulary_deltas)::int as pending`;

export const decodePending = ([row]: readonly Row[]): number => Number(row?.pending ?? 0);
