import { sql } from "drizzle-orm";
import { labelOf } from "../../migrations/migration.ts";
import { bundledMigrations } from "../../migrations.generated.ts";
import type { Check } from "../check.ts";
import type { Finding } from "../finding.ts";

const known = JSON.stringify(
  bundledMigrations.map(({ module, name, checksum }) => ({ module, name, checksum })),
);

const reports: Record<string, Pick<Finding, "severity" | "message" | "fix">> = {
  pending: {
    severity: "warning",
    message: "The migration is pending: this version of the package knows it, the database does not have it.",
    fix: "devora-db migrate",
  },
  changed: {
    severity: "error",
    message:
      "The migration was edited after this database applied it, so nobody knows what the database holds.",
    fix: "Restore the file, and put the change into a new migration.",
  },
  unknown: {
    severity: "warning",
    message: "The database has a migration that this version of the package does not know.",
    fix: "Deploy the version of the package that applied it, or a newer one.",
  },
};

export const migrations: Check = {
  name: "migrations",
  // A module that was never installed has nothing pending.
  query: ({ core }) =>
    core
      ? sql`
        -- By way of text, because postgres.js would encode a jsonb parameter once more.
        with known as (
          select * from jsonb_to_recordset(${known}::text::jsonb) as k (module text, name text, checksum text)
        )
        select coalesce(l.module, k.module) as module, coalesce(l.name, k.name) as name,
               case when l.name is null then 'pending' when k.name is null then 'unknown' else 'changed' end as state
        from known k full join devora.migrations l on l.module = k.module and l.name = k.name
        where k.checksum is distinct from l.checksum
          and coalesce(l.module, k.module) in (select module from devora.migrations)`
      : sql`select 'core' as module, '' as name, 'absent' as state`,
  finding({ module, name, state }) {
    const report = reports[String(state)];
    if (report) return { object: labelOf({ module: String(module), name: String(name) }), ...report };
    return {
      severity: "info",
      object: "devora",
      message: "No module of @devora/db-schema is installed in this database.",
      fix: "devora-db migrate, where that is not on purpose",
    };
  },
};
