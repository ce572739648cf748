import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import { castTypeOf, typeNameOf } from "../sources/column-type.ts";
import type { Source } from "../sources/define-source.ts";
import { idTypeNamed } from "../sources/id-types.ts";
import { literal } from "./literal.ts";
import type { Scope } from "./scope.ts";

/** The live rows of a scope that pass its filters, by the indexes of their own tables. */
export const passingRows = (scope: Scope): SQL =>
  sql.join(
    scope.sources.map((source) => rowsOfSource(source, scope)),
    sql` union all `,
  );

const rowsOfSource = (source: Source, { owner, conditions }: Scope): SQL => sql`
  (select ${source.name}::text as source, ${source.id}::text as entity_id,
    ${source.owner === undefined ? sql`null` : source.owner}::text as owner_id
  from ${source.table}
  where ${source.live}
    and ${typeof owner === "object" ? ownedBy(source, owner.id) : sql`true`}
    and ${conditions?.get(source.name) ?? sql`true`})`;

/** An owner that the column cannot hold owns nothing. */
function ownedBy({ owner }: Source, ownerId: string): SQL {
  if (owner === undefined) return sql`false`;
  const type = idTypeNamed(typeNameOf(owner));
  if (type !== undefined && type.canonical(ownerId) === undefined) return sql`false`;
  return sql`${owner} = ${ownerId}::text::${castTypeOf(owner)}`;
}

/** The passages of `passing.source` and `passing.entity_id`, kept apart, so that each row's are looked up by its key. */
export const passagesOfPassing = (columns: SQL): SQL => sql`
  cross join lateral (
    select ${columns}
    from devora.chunks as chunk
    where chunk.source = passing.source
      and chunk.entity_id = passing.entity_id
      and chunk.owner_id is not distinct from passing.owner_id
    offset 0
  ) as passage`;

/** Whether at most `atMost` rows pass, with at most as many passages; no more are counted. */
export const fewPassQuery = (scope: Scope, atMost: number): SQL => sql`
  with passing as materialized (
    select devora_rows.*
    from (${passingRows(scope)}) as devora_rows
    limit ${literal(atMost + 1)}
  )
  select case when (select count(*) from passing) <= ${literal(atMost)} then (
    select count(*) <= ${literal(atMost)}
    from (select from passing ${passagesOfPassing(sql``)} limit ${literal(atMost + 1)}) as counted
  ) else false end as few`;

export const decodeFewPass = (row: Row | undefined): boolean => row?.few === true;
