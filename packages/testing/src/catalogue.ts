import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";

/**
 * What a database consists of, one sorted line per object: tables with their security, columns, constraints,
 * indexes, policies, triggers, functions, views, sequences, text search configurations with their mappings,
 * owners, grants, default privileges, comments. Two databases with equal catalogues behave alike.
 */
export async function catalogueOf(db: Database): Promise<string[]> {
  const rows = await rowsOf<{ line: string }>(
    db,
    sql`
      with own as (
        select c.oid, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relacl, c.reloptions, c.relowner::regrole as owner,
               format('%I.%I', n.nspname, c.relname) as name
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'devora') and c.relname not in ('migrations', 'migrations_pkey')
          and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      )
      select line from (
        select format('%s %s owner=%s rls=%s force=%s acl=%s options=%s', relkind, name, owner, relrowsecurity, relforcerowsecurity, relacl, reloptions) as line
        from own where relkind in ('r', 'p', 'v', 'm', 'S')
        union all
        select format('column %s.%s %s notnull=%s identity=%s generated=%s acl=%s default=%s', o.name, a.attname, format_type(a.atttypid, a.atttypmod),
                      a.attnotnull, a.attidentity, a.attgenerated, a.attacl, pg_get_expr(d.adbin, d.adrelid))
        from own o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where o.relkind in ('r', 'p', 'v')
        union all
        select format('constraint %s %s %s', o.name, k.conname, pg_get_constraintdef(k.oid)) from own o join pg_constraint k on k.conrelid = o.oid
        union all
        select format('index %s valid=%s', pg_get_indexdef(o.oid), i.indisvalid) from own o join pg_index i on i.indexrelid = o.oid
        union all
        select format('sequence %s %s start=%s increment=%s min=%s max=%s cycle=%s', o.name, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
        from own o join pg_sequence s on s.seqrelid = o.oid
        union all
        select format('policy %s %s %s permissive=%s roles=%s using=%s check=%s', o.name, p.polname, p.polcmd, p.polpermissive,
                      array(select coalesce(r.rolname, 'public') from unnest(p.polroles) u left join pg_roles r on r.oid = u order by 1),
                      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        from own o join pg_policy p on p.polrelid = o.oid
        union all
        select format('trigger %s %s enabled=%s', o.name, pg_get_triggerdef(t.oid), t.tgenabled) from own o join pg_trigger t on t.tgrelid = o.oid and not t.tgisinternal
        union all
        select format('view %s %s', o.name, pg_get_viewdef(o.oid)) from own o where o.relkind = 'v'
        union all
        select format('function %s owner=%s acl=%s %s', p.oid::regprocedure, pg_get_userbyid(p.proowner), p.proacl, pg_get_functiondef(p.oid))
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname = 'devora' where p.prokind = 'f'
        union all
        select format('configuration %s owner=%s token %s: %s', c.cfgname, pg_get_userbyid(c.cfgowner), m.maptokentype, string_agg(m.mapdict::regdictionary::text, ', ' order by m.mapseqno))
        from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace and n.nspname = 'devora'
        left join pg_ts_config_map m on m.mapcfg = c.oid
        group by c.cfgname, c.cfgowner, m.maptokentype
        union all
        select format('grant on schema devora to %s: %s', a.grantee::regrole, string_agg(a.privilege_type, ', ' order by a.privilege_type))
        from pg_namespace n cross join aclexplode(n.nspacl) a where n.nspname = 'devora' and a.grantee <> n.nspowner group by a.grantee
        union all
        select format('default privileges of %s in %s on %s: %s', d.defaclrole::regrole, d.defaclnamespace::regnamespace, d.defaclobjtype, d.defaclacl) from pg_default_acl d
        union all
        -- Of everything of ours, whatever its kind; the schema and the ledger stay when all is rolled back.
        select format('comment on %s %s: %s', i.type, i.identity, d.description)
        from pg_description d cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
        where i.identity ~ '(^| on )(public|devora)[.]' and i.identity !~ '(^| on )devora[.]migrations'
          and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
      ) lines
      order by line collate "C"`,
  );
  return rows.map((row) => row.line);
}
