import { type ModuleName, moduleNames } from "../modules.ts";
import { publicNamesOf } from "./own-tables.ts";

/** Options of drizzle-kit (`drizzle.config.ts`). */
export interface DrizzleKitFilters {
  schemaFilter: string[];
  tablesFilter: string[];
}

/**
 * Filters for a host's own `drizzle-kit push`, `pull` and `studio` on a database it shares with this package:
 * drizzle-kit sees `public` alone, and there none of the tables and views of the modules.
 *
 * The host's schema files may refer to tables of this package, but must not export them.
 *
 * @param options.modules the installed modules. Default: all. Without `app` nothing of this package is in `public`,
 * and a `users` table there is the host's.
 *
 * @example
 * export default defineConfig({ dialect: "postgresql", schema: "./src/schema.ts", ...drizzleKitFilters() });
 * // schemaFilter: ["public"], tablesFilter: ["!answer_feedback", "!conversations", …]
 */
export function drizzleKitFilters({
  modules = moduleNames,
}: {
  modules?: readonly ModuleName[];
} = {}): DrizzleKitFilters {
  const names = publicNamesOf(modules).map((name) => `!${name}`);
  return { schemaFilter: ["public"], tablesFilter: names.sort() };
}
