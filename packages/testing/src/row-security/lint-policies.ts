import { type Database, rowsOf } from "@devora/db-schema";
import { sql } from "drizzle-orm";
import type { Finding, RowSecurityFacts, TableFacts } from "./facts.ts";

interface Policy {
  table: string;
  name: string;
  /** `*` all, `r` select, `a` insert, `w` update, `d` delete. */
  command: string;
  permissive: boolean;
  roles: string[];
  using: string | null;
  check: string | null;
}

/** What the owner's clause looks like when the server prints it; the column is checked apart. */
const ownerClause =
  /^\((\w+) = \( ?SELECT \(*NULLIF\(current_setting\('app\.user_id'::text, true\), ''::text\)\)*(?:::[\w ]+)?(?: AS "?\w+"?)?\)\)$/i;

/** Each owned table has the owner's policy and the service's, others the service's alone; more must be declared. */
export async function lintPolicies(db: Database, facts: RowSecurityFacts): Promise<Finding[]> {
  const policies = await readPolicies(db);
  const wrong = policies.flatMap((policy): Finding[] => {
    const complaint = complaintAbout(policy, facts);
    return complaint === undefined
      ? []
      : [{ rule: "policy", subject: `${policy.table}.${policy.name}`, message: complaint }];
  });
  const missing = Object.entries(facts.tables).flatMap(([table, { owner }]) =>
    [...(owner === null ? [] : ["public"]), "devora_service"].flatMap((role): Finding[] => {
      const count = policies.filter((policy) => policy.table === table && policy.roles.includes(role)).length;
      if (count === 1) return [];
      return [{ rule: "policy", subject: table, message: `It has ${count} policies for ${role}, not 1.` }];
    }),
  );
  return [...wrong, ...missing];
}

async function readPolicies(db: Database): Promise<Policy[]> {
  const rows = await rowsOf<{ policy: Policy }>(
    db,
    sql`
      select jsonb_build_object(
        'table', n.nspname || '.' || c.relname, 'name', p.polname, 'command', p.polcmd, 'permissive', p.polpermissive,
        'roles', (select jsonb_agg(coalesce(r.rolname, 'public') order by 1) from unnest(p.polroles) u left join pg_roles r on r.oid = u),
        'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) as policy
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
      order by n.nspname, c.relname, p.polname`,
  );
  return rows.map((row) => row.policy);
}

function complaintAbout(policy: Policy, facts: RowSecurityFacts): string | undefined {
  if (facts.extraPolicies.includes(`${policy.table}.${policy.name}`)) return undefined;
  const table = facts.tables[policy.table];
  if (!table)
    return "Its table is not declared; declare the policy in extraPolicies if it is on a partition.";
  if (policy.roles.length !== 1) return `It is for ${policy.roles.join(", ")}: one role each.`;
  switch (policy.roles[0]) {
    case "public":
      return complaintAboutOwner(policy, table);
    case "devora_service":
      return policy.command === "*" && policy.using === "true" && policy.check === "true"
        ? undefined
        : "The service's policy must be for all, using (true) with check (true).";
    case "devora_definer":
      return (table.definer ?? []).length > 0 ? undefined : "The facts give devora_definer nothing here.";
    case "devora_app":
      return table.owner === null && table.app?.includes("select") && policy.command === "r"
        ? undefined
        : "devora_app is bound by the policy for public; only shared tables have one for select.";
    default:
      return `It is for ${String(policy.roles[0])}: declare it in extraPolicies.`;
  }
}

function complaintAboutOwner(policy: Policy, { owner }: TableFacts): string | undefined {
  if (owner === null) return "The table has no owner, so nobody but the service may have a policy for all.";
  if (!policy.permissive || policy.command !== "*")
    return "The owner's policy must be permissive and for all.";
  for (const [kind, clause] of [
    ["using", policy.using],
    ["with check", policy.check],
  ] as const) {
    if (ownerClause.exec(clause ?? "")?.[1] === owner) continue;
    return `Its ${kind} must be (${owner} = (select nullif(current_setting('app.user_id', true), '')::type)); it is ${clause ?? "missing"}.`;
  }
  return undefined;
}
