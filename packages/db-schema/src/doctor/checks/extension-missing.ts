import { sql } from "drizzle-orm";
import type { Check } from "../check.ts";

export const extensionMissing: Check = {
  name: "extension-missing",
  query: ({ core, embeddings }) =>
    core
      ? sql`
        select needed.name, available.name is not null as available
        from unnest(${sql.param(["pg_trgm", "unaccent", "btree_gin", ...(embeddings ? ["vector"] : [])])}::text[]) as needed (name)
        left join pg_catalog.pg_available_extensions available on available.name = needed.name
        where not exists (select from pg_catalog.pg_extension e where e.extname = needed.name)`
      : undefined,
  finding: ({ name, available }) => ({
    severity: "error",
    object: String(name),
    message: `The extension ${name} is missing; indexes and functions of the installed modules need it.`,
    fix: `${available === true ? "" : `Install the package of ${name} on the server, then: `}create extension ${name};`,
  }),
};
