import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";
import type { Candidates, Passage, RetrieverResult } from "../ports.ts";

/** A retriever's part of the statement. */
export interface StatementPart {
  readonly name: string;
  readonly candidates: Candidates;
}

/**
 * All parts as one list, each row with its retriever's name and its place in that retriever's ranking.
 * @param parts at least one; names differ
 */
export const oneStatementQuery = (parts: readonly StatementPart[]): SQL =>
  sql.join(
    parts.map(
      ({ name, candidates }) => sql`
  select ${name}::text as leg, row_number() over ()::int as place,
    found.id::text as id, found.source::text as source, found.entity_id::text as entity_id,
    found.title::text as title, found.text::text as text,
    found.start_offset::int as start_offset, found.end_offset::int as end_offset,
    found.score::float8 as score, (extract(epoch from found.updated_at) * 1000)::float8 as updated_at,
    found.complete
  from (${candidates.sql}) as found`,
    ),
    sql`
  union all`,
  );

/** What each part answers, by its name. */
export function decodeOneStatement(
  parts: readonly StatementPart[],
  rows: readonly Row[],
): ReadonlyMap<string, RetrieverResult> {
  return new Map(
    parts.map(({ name, candidates }) => {
      const own = rows
        .filter((row) => row.leg === name)
        .toSorted((a, b) => Number(a.place) - Number(b.place));
      const complete = own.length === 0 ? candidates.complete : own.every((row) => row.complete === true);
      return [name, { passages: own.map(decodePassage), complete }];
    }),
  );
}

/** Texts as they are: one that is null makes the answer invalid, as it does from `retrieve`. */
const decodePassage = (row: Row): Passage => ({
  id: row.id as string,
  source: row.source as string,
  entityId: row.entity_id as string,
  title: row.title as string,
  text: row.text as string,
  start: Number(row.start_offset),
  end: Number(row.end_offset),
  score: Number(row.score),
  updatedAt: row.updated_at === null ? undefined : new Date(Number(row.updated_at)),
});

/**
 * For the rest of the transaction: no statement runs longer than so many milliseconds, or than the host allows; and
 * none is compiled, which takes longer than it runs.
 */
export const statementLimitsQuery = (ms: number): SQL => sql`
  select
    set_config('statement_timeout', case
      when current_setting('statement_timeout')::interval between interval '1 ms' and make_interval(secs => ${ms}::float8 / 1000)
      then current_setting('statement_timeout') else ${String(Math.max(1, Math.ceil(ms)))}::text end, true),
    set_config('jit', 'off', true)`;
