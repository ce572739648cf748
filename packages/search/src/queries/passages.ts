import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { PassageSource } from "../devora-sources.ts";
import type { Passage } from "../passage.ts";
import { type Scope, scopeCondition } from "./scope.ts";

/** Reads passages by id, in any order. The scope is checked once more. */
export const passagesQuery = (passages: PassageSource, scope: Scope, ids: readonly string[]): SQL => {
  const { rows, source, entityId, text, start, end } = passages;
  return sql`
    select ${rows.id}::text as id, ${source}::text as source, ${entityId}::text as entity_id, ${rows.title}::text as title,
           ${text}::text as text, ${start} as start_offset, ${end} as end_offset,
           ${rows.updatedAt ? sql`(extract(epoch from ${rows.updatedAt}) * 1000)::float8` : sql`null::float8`} as updated_at
    from ${rows.table}
    where ${scopeCondition(rows, scope)} and ${rows.id} in (${sql.join(
      ids.map((id) => sql`${id}`),
      sql`, `,
    )})`;
};

export const decodePassages = (rows: readonly Row[]): Omit<Passage, "score">[] =>
  rows.map((row) => ({
    id: String(row.id),
    source: String(row.source),
    entityId: String(row.entity_id),
    title: String(row.title),
    text: String(row.text),
    start: Number(row.start_offset),
    end: Number(row.end_offset),
    updatedAt: row.updated_at === null ? undefined : new Date(Number(row.updated_at)),
  }));
