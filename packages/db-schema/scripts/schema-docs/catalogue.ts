import { type SQL, sql } from "drizzle-orm";
import { type Database, rowsOf } from "../../src/database.ts";

// What the documentation says of a database, read from its catalogue. Only what is the same on every server: the
// login that migrated is called `owner`.

export interface Column {
  name: string;
  type: string;
  nullable: boolean;
  /** As SQL; with `identity` or `generated` before it where PostgreSQL makes the value. */
  filled: string;
  comment: string;
}

export interface Constraint {
  name: string;
  kind: "primary" | "unique" | "foreign" | "check";
  definition: string;
  columns: string[];
  /** Table that a foreign key refers to. */
  target: string | null;
}

export interface Policy {
  name: string;
  /** `*`, or one of r, a, w, d. */
  command: string;
  roles: string[];
  expression: string;
}

export interface Grant {
  role: string;
  privilege: string;
  /** Null: of the whole table. */
  columns: string[] | null;
}

export interface Relation {
  name: string;
  kind: "table" | "view";
  comment: string;
  partitioned: string | null;
  protected: boolean;
  columns: Column[];
  constraints: Constraint[];
  indexes: { name: string; definition: string; comment: string }[];
  triggers: string[];
  policies: Policy[];
  grants: Grant[];
}

export interface Routine {
  signature: string;
  returns: string;
  definer: boolean;
  owner: string;
  callers: string[];
  comment: string;
}

export interface Catalogue {
  relations: Relation[];
  routines: Routine[];
}

/** Everything in one statement's JSON each, so that drivers have no types to differ in. */
async function listOf<T>(db: Database, rows: SQL): Promise<T[]> {
  const [row] = await rowsOf(
    db,
    sql`select coalesce(jsonb_agg(to_jsonb(r)), '[]')::text as list from (${rows}) as r`,
  );
  return JSON.parse(String(row?.list)) as T[];
}

const roleName = (oid: SQL): SQL =>
  sql`case when ${oid} = 0 then 'public' else coalesce((select rolname::text from pg_roles where oid = ${oid} and rolname in ('devora_app', 'devora_service', 'devora_definer')), 'owner') end`;

const relationRows = sql`
  select c.oid::int8 as id, format('%s.%s', n.nspname, c.relname) as name, case when c.relkind = 'v' then 'view' else 'table' end as kind,
         coalesce(obj_description(c.oid, 'pg_class'), '') as comment, pg_get_partkeydef(c.oid) as partitioned,
         c.relrowsecurity and c.relforcerowsecurity as protected
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'devora') and c.relkind in ('r', 'p', 'v') and not c.relispartition
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 3, 2`;

const columnRows = sql`
  select a.attrelid::int8 as relation, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
         case when a.attidentity <> '' then 'identity' when a.attgenerated <> '' then 'generated ' || pg_get_expr(d.adbin, d.adrelid)
              else coalesce(pg_get_expr(d.adbin, d.adrelid), '') end as filled,
         coalesce(col_description(a.attrelid, a.attnum), '') as comment
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped
  order by a.attrelid, a.attnum`;

const constraintRows = sql`
  select k.conrelid::int8 as relation, k.conname as name, pg_get_constraintdef(k.oid) as definition,
         case k.contype when 'p' then 'primary' when 'u' then 'unique' when 'f' then 'foreign' else 'check' end as kind,
         (select coalesce(jsonb_agg(a.attname order by u.position), '[]') from unnest(k.conkey) with ordinality u (attnum, position)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum) as columns,
         (select format('%s.%s', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = k.confrelid) as target
  from pg_constraint k where k.contype in ('p', 'u', 'f', 'c') and k.conrelid <> 0
  order by position(k.contype in 'pufc'), k.conname`;

const indexRows = sql`
  select i.indrelid::int8 as relation, c.relname as name, pg_get_indexdef(c.oid) as definition, coalesce(obj_description(c.oid, 'pg_class'), '') as comment
  from pg_index i join pg_class c on c.oid = i.indexrelid
  where not exists (select from pg_constraint k where k.conindid = c.oid and k.contype in ('p', 'u'))
  order by c.relname`;

const triggerRows = sql`
  select tgrelid::int8 as relation, pg_get_triggerdef(oid) as definition from pg_trigger where not tgisinternal order by tgname`;

const policyRows = sql`
  select polrelid::int8 as relation, polname as name, polcmd as command, coalesce(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) as expression,
         (select jsonb_agg(distinct ${roleName(sql`r`)}) from unnest(polroles) as r) as roles
  from pg_policy order by polname`;

const grantRows = sql`
  select c.oid::int8 as relation, ${roleName(sql`g.grantee`)} as role, lower(g.privilege_type) as privilege, null::jsonb as columns
  from pg_class c cross join aclexplode(c.relacl) g where g.grantee <> c.relowner
  union all
  select a.attrelid::int8, ${roleName(sql`g.grantee`)}, lower(g.privilege_type), jsonb_agg(a.attname order by a.attnum)
  from pg_attribute a join pg_class c on c.oid = a.attrelid cross join aclexplode(a.attacl) g
  where a.attacl is not null and g.grantee <> c.relowner group by 1, 2, 3
  order by 2, 3`;

const routineRows = sql`
  select p.proname || '(' || pg_get_function_arguments(p.oid) || ')' as signature, format('%s.%s', n.nspname, p.proname) as name,
         pg_get_function_result(p.oid) as returns, p.prosecdef as definer,
         ${roleName(sql`p.proowner`)} as owner,
         (select coalesce(jsonb_agg(distinct ${roleName(sql`g.grantee`)}), '[]')
          from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g where g.grantee <> p.proowner) as callers,
         coalesce(obj_description(p.oid, 'pg_proc'), '') as comment
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname = 'devora'
  order by p.proname, pg_get_function_arguments(p.oid) collate "C"`;

type Of<T> = T & { relation: number };

export async function readCatalogue(db: Database): Promise<Catalogue> {
  const relations = await listOf<Relation & { id: number }>(db, relationRows);
  const columns = await listOf<Of<Column>>(db, columnRows);
  const constraints = await listOf<Of<Constraint>>(db, constraintRows);
  const indexes = await listOf<Of<Relation["indexes"][number]>>(db, indexRows);
  const triggers = await listOf<Of<{ definition: string }>>(db, triggerRows);
  const policies = await listOf<Of<Policy>>(db, policyRows);
  const grants = await listOf<Of<Grant>>(db, grantRows);
  return {
    relations: relations.map((relation) => {
      const own = <T>(list: readonly Of<T>[]) => list.filter((item) => item.relation === relation.id);
      return {
        ...relation,
        columns: own(columns),
        constraints: own(constraints),
        indexes: own(indexes),
        triggers: own(triggers).map((trigger) => trigger.definition),
        policies: own(policies),
        grants: own(grants),
      };
    }),
    routines: await listOf<Routine>(db, routineRows),
  };
}
