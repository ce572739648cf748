import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";
import { definerFunctions } from "../functions.ts";

export const functionPublic: Check = {
  name: "function-public",
  // Trigger functions cannot be called.
  query: (facts) => sql`
    with ${definerFunctions(facts)}
    select name, kind from definers
    where prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
      and exists (
        select from aclexplode(coalesce(proacl, acldefault('f', proowner))) a
        where a.grantee = 0 and a.privilege_type = 'EXECUTE'
      )`,
  finding: ({ name, kind }) => ({
    severity: "warning",
    object: String(name),
    message:
      "Everybody may call this security definer function (the grant to PUBLIC is PostgreSQL's default).",
    fix: `revoke execute on ${kind} ${name} from public; grant execute on ${kind} ${name} to devora_app;`,
  }),
};
