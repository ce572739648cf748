import { rowsOf } from "@devora/db-schema";
import { installedModules, useTestDatabase } from "@devora/testing";
import { type SQL, sql } from "drizzle-orm";
import { expect, test } from "vitest";

// Rules of keys and column types, asserted over the whole catalogue, so that a table added tomorrow is held to them too.

const database = useTestDatabase();
const linesOf = async (query: SQL): Promise<string[]> =>
  (await rowsOf(database.db, query)).map((row) => String(row.line)).sort();

/** Tables of ours with the column that names a row's owner; a user is its own owner. */
const owned = sql`
  owned as (
    select c.oid, c.oid::regclass::text as name, a.attnum, a.attname
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('public', 'devora')
    join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
     and (a.attname in ('user_id', 'owner_id') or (c.oid = to_regclass('public.users') and a.attname = 'id'))
    where c.relkind in ('r', 'p') and not c.relispartition
  )`;

/** Columns that the policies of every table filter by, and the columns of its indexes. */
const tables = sql`
  tables as (
    select c.oid, c.oid::regclass::text as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'devora') and c.relkind in ('r', 'p') and not c.relispartition
  )`;

/**
 * Keys between owned tables that need not carry the owner, each with its reason. A simple foreign key ignores row
 * level security: with it a user could hang a row under a parent of somebody else, and learn that it exists.
 */
const withoutOwner: Record<string, string> = {
  // Written by the service alone (devora_app may only read both), which copies the owner from the chunk. The owner may
  // be null, and a composite key with a null in it checks nothing.
  "devora.embeddings.embeddings_chunk_id_fkey": "service only, owner nullable",
};

test("every foreign key between owned tables carries the owner, in its place", async () => {
  const found = await rowsOf(
    database.db,
    sql`
      with ${owned}
      select child.name || '.' || k.conname as line,
             -- The owner's column refers to the owner's column, not merely both take part.
             exists (select from unnest(k.conkey, k.confkey) as pair (here, there)
                     where pair.here = child.attnum and pair.there = parent.attnum) as carries
      from pg_constraint k
      join owned child on child.oid = k.conrelid
      join owned parent on parent.oid = k.confrelid
      where k.contype = 'f'
      order by 1`,
  );
  const carrying = found.filter((row) => row.carries === true).map((row) => String(row.line));
  const others = found.filter((row) => row.carries !== true).map((row) => String(row.line));
  expect(others, "add the owner to the key, or the key with its reason to withoutOwner").toEqual(
    installedModules().includes("embeddings") ? Object.keys(withoutOwner) : [],
  );
  expect(carrying).toEqual([
    "answer_feedback.answer_feedback_message_fkey",
    "conversations.conversations_project_fkey",
    "conversations.conversations_user_id_fkey",
    "deployments.deployments_project_fkey",
    "invoices.invoices_subscription_fkey",
    "invoices.invoices_user_id_fkey",
    "messages.messages_conversation_fkey",
    "project_files.project_files_project_fkey",
    "projects.projects_user_id_fkey",
    "subscription_changes.subscription_changes_subscription_fkey",
    "subscriptions.subscriptions_user_id_fkey",
  ]);
});

test("every foreign key is backed by an index that begins with its columns", async () => {
  // Without one, each delete of a parent reads the whole child table.
  const missing = await linesOf(sql`
    select k.conrelid::regclass || '.' || k.conname as line
    from pg_constraint k
    join pg_namespace n on n.oid = k.connamespace and n.nspname in ('public', 'devora')
    where k.contype = 'f' and k.conparentid = 0
      and not exists (
        select from pg_index i
        where i.indrelid = k.conrelid and i.indisvalid
          and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey
          and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$')
      )`);
  expect(missing).toEqual([]);
});

test("every table has a primary key", async () => {
  expect(
    await linesOf(sql`
      with ${tables}
      select name as line from tables t
      where not exists (select from pg_constraint k where k.conrelid = t.oid and k.contype = 'p')`),
  ).toEqual([]);
});

test("no owner, no indexed column and no filter of a search is of a type whose comparison may leak", async () => {
  // Under row level security PostgreSQL serves only leakproof operators by an index. Those of enum, numeric and
  // citext are not, so such a column would be filtered row by row; text with a check, bigint and text are.
  expect(
    await linesOf(sql`
      with ${tables}
      select t.name || '.' || a.attname || ' ' || format_type(a.atttypid, null) as line
      from tables t
      join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      join pg_type y on y.oid = a.atttypid
      where (y.typtype = 'e' or y.typname in ('numeric', 'citext', 'money'))
        and (a.attname in ('user_id', 'owner_id')
             or exists (select from pg_index i where i.indrelid = t.oid and a.attnum = any (i.indkey)))`),
  ).toEqual([]);
  // Enums and citext nowhere at all; numeric where the service alone computes, in no table that devora_app may read.
  expect(
    await linesOf(sql`
      with ${tables}
      select t.name || '.' || a.attname || ' ' || format_type(a.atttypid, null) as line
      from tables t
      join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      join pg_type y on y.oid = a.atttypid
      where y.typtype = 'e' or y.typname in ('citext', 'money')
         or (y.typname = 'numeric' and has_table_privilege('devora_app', t.oid, 'select'))`),
  ).toEqual([]);
});

test("money is a whole number of minor units, with the currency in the same row", async () => {
  const money = await rowsOf(
    database.db,
    sql`
      with ${tables}
      select t.name || '.' || a.attname as line, format_type(a.atttypid, null) as type,
             coalesce((select c.atttypid = 'text'::regtype and c.attnotnull
                       from pg_attribute c where c.attrelid = t.oid and c.attname = 'currency'), false) as has_currency
      from tables t
      join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      where a.attname ~ '_minor$|amount|price|total|subtotal|tax|discount|revenue|balance'
      order by 1`,
  );
  expect(money.length).toBeGreaterThan(0);
  expect(money.filter((row) => row.has_currency !== true)).toEqual([]);
  expect(money.filter((row) => row.type !== "bigint").map(({ line, type }) => `${line} ${type}`)).toEqual([
    // A twelfth of a yearly price is no whole number of cents; sums of rounded twelfths would miss the year's price.
    "devora.mrr_movements.delta_minor numeric",
  ]);
});

test("instants carry their time zone", async () => {
  expect(
    await linesOf(sql`
      with ${tables}
      select t.name || '.' || a.attname as line from tables t
      join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      where a.atttypid = 'timestamp'::regtype`),
  ).toEqual([]);
});
