import { type SQL, sql } from "drizzle-orm";
import type { Facts } from "./facts.ts";
import { relations } from "./relations.ts";

/** Every policy with its table and both clauses as one text. */
export const policyExpressions = (facts: Facts): SQL => sql`
  with ${relations(facts)}
  select r.name, quote_ident(p.polname) as policy,
         concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as expression
  from relations r join pg_catalog.pg_policy p on p.polrelid = r.oid`;
