import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { isArray } from "../sources/column-type.ts";
import type { Source } from "../sources/define-source.ts";

/** Rows that have a tag. */
export const hasTag = (column: PgColumn): SQL =>
  isArray(column) ? sql`cardinality(${column}) > 0` : sql`${column} is not null`;

/** The tags of live rows, as an array of texts. */
export const tagsQuery = (source: Source, column: PgColumn, ids: readonly string[]): SQL => sql`
  select ${source.id}::text as entity_id,
    to_jsonb(${isArray(column) ? sql`${column}::text[]` : sql`array[${column}::text]`})::text as tags
  from ${source.table}
  where ${source.id} = any(${sql.param([...ids])}::${source.idType.castArray})
    and ${source.live}
    and ${hasTag(column)}
  order by ${source.id}`;

export interface TaggedRow {
  entityId: string;
  tags: string[];
}

export const decodeTagged = (row: Row): TaggedRow => ({
  entityId: String(row.entity_id),
  tags: (JSON.parse(String(row.tags)) as (string | null)[]).filter((tag) => tag !== null),
});
