import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../sources/define-source.ts";
import { literal } from "./literal.ts";
import { ownerIs } from "./owner-is.ts";
import type { Scope } from "./scope.ts";

/** The live rows of a scope that pass its filters, by the indexes of their own tables. */
export const passingRows = (scope: Scope): SQL =>
  sql.join(
    scope.sources.map((source) => sql`(${keysOf(source, scope)})`),
    sql` union all `,
  );

const keysOf = (source: Source, scope: Scope): SQL => sql`
  select ${source.name}::text as source, ${source.id}::text as entity_id,
    ${source.owner === undefined ? sql`null` : source.owner}::text as owner_id
  ${fromPassing(source, scope)}`;

/** `from` and `where` of a source's rows that pass. */
export const fromPassing = (source: Source, { owner, conditions }: Scope): SQL => sql`
  from ${source.table}
  where ${source.live}
    and ${typeof owner === "object" ? ownedBy(source, owner.id) : sql`true`}
    and ${conditions?.get(source.name) ?? sql`true`}`;

const ownedBy = ({ owner }: Source, ownerId: string): SQL =>
  owner === undefined ? sql`false` : ownerIs(owner, ownerId);

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

const sampledRows = 100;

/** How many rows of each source pass, at most `atMost` of each, and how many passages the first hundred have. */
export const passingCountsQuery = (scope: Scope, atMost: number): SQL =>
  sql.join(
    scope.sources.map(
      (source) => sql`
        select
          (select count(*) from (select ${fromPassing(source, scope)} limit ${literal(atMost)}) as counted)::integer as rows,
          (select count(*)
            from (${keysOf(source, scope)} limit ${literal(sampledRows)}) as passing
            ${passagesOfPassing(sql``)})::integer as sampled_passages`,
    ),
    sql` union all `,
  );

/** How many passages pass, by the passages of the sample. */
export const decodePassingPassages = (rows: readonly Row[]): number =>
  rows.reduce((sum, row) => {
    const count = Number(row.rows);
    const perRow = Number(row.sampled_passages) / Math.max(1, Math.min(count, sampledRows));
    return sum + count * perRow;
  }, 0);
