import type { Grant, Policy, Relation } from "./catalogue.ts";
import { code, listed } from "./markdown.ts";

const commands: Record<string, string> = { select: "r", insert: "a", update: "w", delete: "d" };
const roles = ["devora_app", "devora_service", "devora_definer", "public"];

/** Which rows a policy lets through, in words. */
function rowsOfPolicy({ expression }: Policy): string {
  if (expression === "true") return "all rows";
  const owner = /^\((\w+) = \( ?SELECT .*current_setting\('app\.user_id'::text, true\)/.exec(expression)?.[1];
  return owner ? `its own rows (${code(owner)} is ${code("app.user_id")})` : `rows where ${code(expression)}`;
}

function rowsFor(relation: Relation, role: string, privilege: string): string {
  if (relation.kind === "view" || !relation.protected) return "all rows";
  const found = relation.policies
    .filter((policy) => policy.roles.includes(role) || policy.roles.includes("public"))
    .filter(({ command }) => command === "*" || command === commands[privilege])
    .map(rowsOfPolicy);
  // Permissive policies add up.
  return found.includes("all rows") ? "all rows" : listed([...new Set(found)], "or") || "no row";
}

const privilegeText = ({ privilege, columns }: Grant): string =>
  columns === null ? privilege : `${privilege} (${columns.map(code).join(", ")})`;

/** One sentence per role and set of rows: who may do what. */
export function accessOf(relation: Relation): string[] {
  const lines = roles.flatMap((role) => {
    const byRows = new Map<string, string[]>();
    const grants = relation.grants.filter((grant) => grant.role === role);
    const order = Object.keys(commands);
    const rank = ({ privilege }: Grant) => order.indexOf(privilege);
    for (const grant of grants.sort((a, b) => rank(a) - rank(b))) {
      const rows = rowsFor(relation, role, grant.privilege);
      byRows.set(rows, [...(byRows.get(rows) ?? []), privilegeText(grant)]);
    }
    return [...byRows].map(([rows, privileges]) => `${code(role)} may ${listed(privileges, "and")} ${rows}.`);
  });
  const owner = relation.policies.filter((policy) => policy.roles.includes("owner"));
  const maintained = owner.map(
    (policy) =>
      `The tables' owner may ${policy.command === "r" ? "read" : "change"} ${rowsOfPolicy(policy)}.`,
  );
  return [...lines, ...maintained];
}
