import { defineConfig } from "drizzle-kit";

/**
 * For a look at the SQL that `npx drizzle-kit generate` writes; migrations/postgres holds the one that counts.
 *
 * There are no credentials on purpose, so push, pull, migrate and studio stop: drizzle-kit's push would disable row
 * level security and drop every policy (docs/decisions/0007-safe-push.md). Should somebody add them, the filter
 * hides every table, and push fails at its first statement instead. `push` of `@devora/db-schema/push` is the safe one.
 */
export default defineConfig({
  dialect: "postgresql",
  schema: "./src/schema/index.ts",
  out: "./.devora/drizzle",
  schemaFilter: ["public", "devora"],
  tablesFilter: ["!*"],
});
