import { rowsOf } from "@devora/db-schema";
import { installedModules, useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";

const database = useTestDatabase();

/**
 * Everything of ours with its comment. Left out, because a comment could only repeat the name: partitions, their
 * columns and indexes (they are their parent's), and the indexes behind primary keys and unique constraints.
 */
const objects = sql`
  with own as (
    select c.oid, c.relkind, c.oid::regclass::text as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'devora') and not c.relispartition
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  )
  select case relkind when 'v' then 'view ' else 'table ' end || name as object, obj_description(oid, 'pg_class') as comment
  from own where relkind in ('r', 'p', 'v')
  union all
  select 'column ' || o.name || '.' || a.attname, col_description(o.oid, a.attnum)
  from own o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
  where o.relkind in ('r', 'p', 'v')
  union all
  select 'index ' || name, obj_description(oid, 'pg_class')
  from own where relkind in ('i', 'I') and not exists (select from pg_constraint k where k.conindid = own.oid and k.contype in ('p', 'u'))
  union all
  select 'function ' || p.oid::regprocedure::text, obj_description(p.oid, 'pg_proc')
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname = 'devora'
  union all
  select 'configuration ' || c.oid::regconfig::text, obj_description(c.oid, 'pg_ts_config')
  from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace and n.nspname = 'devora'
  union all
  select 'schema ' || nspname, obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'devora'`;

const commentsOf = async (): Promise<{ object: string; comment: string | null }[]> =>
  (await rowsOf(database.db, objects)).map((row) => ({
    object: String(row.object),
    comment: row.comment === null ? null : String(row.comment),
  }));

test("every table, column, view, index and function carries a comment", async () => {
  const all = await commentsOf();
  expect(all.length).toBeGreaterThan(300);
  expect(
    all.filter(({ comment }) => comment === null).map(({ object }) => object),
    "add `comment on … is '…'` beside the object in migrations/postgres",
  ).toEqual([]);
});

test("comments are sentences, and say more than the name", async () => {
  const poor = (await commentsOf()).filter(({ object, comment }) => {
    const name = object.replace(/^.*[ .]/, "").replaceAll("_", " ");
    return !/^\S.*[.:]$/s.test(comment ?? "") || comment?.toLowerCase().replace(/\.$/, "") === name;
  });
  expect(poor).toEqual([]);
});

test("an index says what it serves", async () => {
  const indexes = (await commentsOf()).filter(({ object }) => object.startsWith("index "));
  expect(indexes.filter(({ comment }) => !/^Serves /.test(comment ?? ""))).toEqual([]);
});

test("a column that may be null says what null means", async () => {
  const rows = await rowsOf(
    database.db,
    sql`
      select c.oid::regclass || '.' || a.attname as name, col_description(c.oid, a.attnum) as comment
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('public', 'devora')
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not a.attnotnull
      where c.relkind in ('r', 'p') and not c.relispartition`,
  );
  expect(rows.length).toBeGreaterThan(installedModules().includes("embeddings") ? 40 : 30);
  expect(rows.filter((row) => !/\bnull\b/i.test(String(row.comment)))).toEqual([]);
});
