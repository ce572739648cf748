import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";
import { literal } from "./literal.ts";
import { fromPassing } from "./passing-rows.ts";
import type { Scope } from "./scope.ts";

/** The live rows of a scope that changed last; by id where the source has no time of change. */
export const latestRowsQuery = (source: Source, scope: Scope, limit: number): SQL => sql`
  select ${source.id}::text as entity_id
  ${fromPassing(source, scope)}
  order by ${source.updatedAtColumn === undefined ? sql`` : sql`${source.updatedAtColumn} desc nulls last,`} ${source.id} desc
  limit ${literal(limit)}`;
