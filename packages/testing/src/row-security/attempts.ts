import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";

/** A statement to try: `$1` is `row` (jsonb), `$2` is `me`, `$3` is `victim` (text). */
export interface Attempt {
  statement: string;
  row?: unknown;
  me: string | null;
  victim: string | null;
  /** A query of one number, asked as devora_service after the statement; its answer counts instead of the rows touched. */
  verify?: string;
}

export interface Outcome {
  /** SQLSTATE; `00000` when the statement went through. */
  state: string;
  /** Rows that the statement answered or changed, or what `verify` counted. */
  touched: number;
  message: string;
}

/** Makes what {@link tryAll} needs, for as long as the connection lives. */
export async function prepareAttempts(db: Database): Promise<void> {
  await db.execute(sql`
    create or replace function pg_temp.attempt(
      statement text, new_row jsonb, me text, victim text, verify text,
      out state text, out touched bigint, out message text
    ) language plpgsql as $attempt$
    begin
      begin
        execute statement using new_row, me, victim;
        get diagnostics touched = row_count;
        if verify is not null then
          perform set_config('role', 'devora_service', true);
          execute verify into touched using new_row, me, victim;
        end if;
        -- Every attempt is taken back; variables keep what it did.
        raise exception using errcode = 'UNDO0';
      exception
        when sqlstate 'UNDO0' then state := '00000';
        when others then
          state := sqlstate; touched := 0; message := sqlerrm;
      end;
    end $attempt$`);
}

/** Tries statements in the role and scope of `tx`, one round trip for all; each is rolled back by itself. */
export async function tryAll(tx: Database, attempts: readonly Attempt[]): Promise<Outcome[]> {
  const rows = await rowsOf(
    tx,
    sql`
      select a.state, a.touched::int as touched, a.message
      from jsonb_array_elements(${JSON.stringify(attempts)}::jsonb) with ordinality as e (attempt, place)
      cross join lateral pg_temp.attempt(
        e.attempt->>'statement', e.attempt->'row', e.attempt->>'me', e.attempt->>'victim', e.attempt->>'verify') as a
      order by e.place`,
  );
  return rows.map((row) => ({
    state: String(row.state),
    touched: Number(row.touched),
    message: String(row.message ?? ""),
  }));
}
