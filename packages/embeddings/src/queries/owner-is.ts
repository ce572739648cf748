import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { findIdType } from "../sources/id-types.ts";

/**
 * Rows of an owner, whose id is text here and of any type in its column. The column is left as it is, so that its
 * index serves: .4 instead of 10.6 ms. An id that the column cannot hold owns nothing.
 */
export function ownerIs(owner: PgColumn, ownerId: string): SQL {
  const type = findIdType(owner);
  if (type === undefined) return sql`${owner}::text = ${ownerId}::text`;
  const id = type.canonical(ownerId);
  return id === undefined ? sql`false` : sql`${owner} = ${id}::${type.cast}`;
}
