import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEmbedded } from "../src/embedded.ts";
import { migrate } from "../src/migrations/migrate.ts";
import { bundledMigrations } from "../src/migrations.generated.ts";
import { moduleNames } from "../src/modules.ts";
import { readCatalogue } from "./schema-docs/catalogue.ts";
import { type ModuleSource, schemaPage } from "./schema-docs/page.ts";

export const schemaPagePath = join(import.meta.dirname, "../../../docs/schema.md");

/** What each module's migrations say, in the order in which they install. */
export const moduleSources: readonly ModuleSource[] = moduleNames.map((module) => ({
  module,
  sql: bundledMigrations
    .filter((migration) => migration.module === module)
    .map(({ up }) => up)
    .join("\n"),
}));

/** Writes docs/schema.md from a database in memory; no server is needed. */
async function generate(): Promise<void> {
  await using embedded = await openEmbedded();
  await migrate({ client: embedded.client });
  writeFileSync(schemaPagePath, schemaPage(moduleSources, await readCatalogue(embedded.db)));
}

if (import.meta.filename === process.argv[1]) await generate();
