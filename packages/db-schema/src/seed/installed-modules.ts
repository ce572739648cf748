import { sql } from "drizzle-orm";
import { type Database, rowsOf } from "../database.ts";
import { SchemaError } from "../errors.ts";
import { withService } from "../scope.ts";
import { seedTables } from "./tables.ts";

export interface InstalledModules {
  analytics: boolean;
  metrics: boolean;
}

const appTables = Object.values(seedTables)
  .filter(({ schema }) => schema === "public")
  .map(({ name }) => `public.${name}`);

/** Which of the optional modules have their tables. @throws {SchemaError} INVALID_OPTION without module `app` */
export async function installedModules(db: Database): Promise<InstalledModules> {
  const [found] = await rowsOf(
    db,
    sql`
      select to_regrole('devora_service') is not null
         and not exists (
           select from unnest(${sql.param(appTables)}::text[]) as needed (name) where to_regclass(needed.name) is null
         ) as app`,
  );
  if (found?.app !== true) {
    throw new SchemaError(
      "INVALID_OPTION",
      "seedPopulation: the database lacks tables of module app. Install them with migrate() first, and pass the database that they are in.",
    );
  }
  // As the service: the plain login may have no right to look into schema devora.
  const [optional] = await withService(db, (tx) =>
    rowsOf(
      tx,
      sql`
        select to_regclass('devora.analytics_events') is not null as analytics,
               to_regclass('devora.excluded_users') is not null as metrics`,
    ),
  );
  return { analytics: optional?.analytics === true, metrics: optional?.metrics === true };
}
