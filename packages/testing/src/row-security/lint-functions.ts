import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Finding, RowSecurityFacts } from "./facts.ts";

interface FunctionRow {
  name: string;
  definer: boolean;
  owner: string;
  path: string | null;
  /** Sorted names of those who may execute it, apart from its owner. */
  execute: string[];
}

/** Functions are those declared, executable by whom the facts name; those with their owner's rights pin their path. */
export async function lintFunctions(db: Database, facts: RowSecurityFacts): Promise<Finding[]> {
  const functions = await readFunctions(db);
  const names = new Set(functions.map(({ name }) => name));
  const finding = (subject: string, message: string): Finding => ({ rule: "function", subject, message });
  const gone = Object.keys(facts.functions).filter((name) => !names.has(name));
  return [
    ...functions.flatMap((found) => complaintsAbout(found, facts).map((text) => finding(found.name, text))),
    ...gone.map((name) => finding(name, "The facts declare it, and it is gone.")),
  ];
}

async function readFunctions(db: Database): Promise<FunctionRow[]> {
  const rows = await rowsOf<{ found: FunctionRow }>(
    db,
    sql`
      select jsonb_build_object(
        'name', n.nspname || '.' || p.proname || '(' || coalesce((
                  select string_agg(format_type(t.oid, null), ',' order by place)
                  from unnest(p.proargtypes::oid[]) with ordinality as t (oid, place)), '') || ')',
        'definer', p.prosecdef, 'owner', pg_get_userbyid(p.proowner),
        'path', (select substr(c, 13) from unnest(p.proconfig) c where c like 'search_path=%'),
        'execute', coalesce((
          select jsonb_agg(coalesce(r.rolname, 'public') order by coalesce(r.rolname, 'public') collate "C")
          from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a left join pg_roles r on r.oid = a.grantee
          where a.grantee <> p.proowner), '[]')) as found
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('public', 'devora')
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
      order by 1`,
  );
  return rows.map((row) => row.found);
}

function complaintsAbout(found: FunctionRow, facts: RowSecurityFacts): string[] {
  const declared = facts.functions[found.name];
  if (!declared) {
    return [`Declare it in the facts: functions: { "${found.name}": { definer: …, execute: [roles] } }.`];
  }
  const complaints: string[] = [];
  const { definer = false, execute } = declared;
  if (found.definer !== definer) complaints.push(`It is ${found.definer ? "" : "not "}security definer.`);
  if (found.execute.join() !== [...execute].sort().join()) {
    complaints.push(
      `${found.execute.join(", ") || "Nobody"} may execute it; declared: ${execute.join(", ") || "nobody"}.`,
    );
  }
  if (found.definer && !/^pg_catalog,.*\bpg_temp$/.test(found.path ?? "")) {
    complaints.push(
      `Its search path must begin with pg_catalog and end with pg_temp; it is ${found.path ?? "the caller's"}.`,
    );
  }
  if (found.definer && execute.includes("devora_app") && found.owner !== "devora_definer") {
    complaints.push(`What devora_app calls must belong to devora_definer; it belongs to ${found.owner}.`);
  }
  return complaints;
}
